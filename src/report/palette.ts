// Which colour and dash each method has, the same in every figure of every report.

/** Colours are the page's `--slot-N` (Okabe and Ito's set, told apart under every common colour blindness). */
export interface Look {
  slot: number;
  dash: number[];
}

const LOOKS: Record<string, Look> = {
  source: { slot: 0, dash: [5, 4] },
  tent: { slot: 1, dash: [] },
  zerosiam: { slot: 2, dash: [] },
  norm: { slot: 0, dash: [2, 3] },
  eata: { slot: 3, dash: [9, 3] },
  sar: { slot: 4, dash: [9, 3] },
  deyo: { slot: 5, dash: [9, 3] },
  "come-tent": { slot: 6, dash: [9, 3] },
  "come-deyo": { slot: 6, dash: [3, 3] },
  "zerosiam-eata": { slot: 2, dash: [9, 3] },
  "zerosiam-deyo": { slot: 2, dash: [3, 3] },
};

const SLOTS = 7;

/** The look of a method; unknown names get a colour by their place in the list. */
export function look(name: string, index: number): Look {
  return LOOKS[name] ?? { slot: index % SLOTS, dash: [2, 2] };
}
