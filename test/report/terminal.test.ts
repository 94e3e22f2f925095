// The live view: what it prints where lines can be redrawn, where they cannot, and where there is no room.
import { stripVTControlCharacters } from "node:util";
import { createColors } from "picocolors";
import { describe, expect, it } from "vitest";
import { liveView } from "../../src/report/terminal.js";

const METHODS = ["source", "tent", "zerosiam"];

/** Runs 8 batches of 4 images through a view whose clock gives one second a batch; what was written. */
function run(terminal: { isTTY?: boolean; columns?: number }, color = false, steps = 8): string {
  let text = "";
  let seconds = 0;
  const sink = { ...terminal, write: (part: string) => (text += part) };
  const view = liveView(METHODS, 32, { terminal: sink, colors: createColors(color), now: () => seconds });
  for (let step = 0; step < steps; step++) {
    seconds++;
    const dominantShare = step < 2 ? null : step / 8;
    view.update("source", { n: 4, accuracy: 0.5, dominantShare: step < 2 ? null : 0.25 });
    view.update("tent", { n: 4, accuracy: 1 - step / 8, dominantShare });
    view.update("zerosiam", { n: 4, accuracy: 0.75, dominantShare: step < 2 ? null : 0.25 });
  }
  view.finish();
  return text;
}

describe("the live view", () => {
  it("prints plain lines without control characters when the output is no terminal", () => {
    expect(run({})).toMatchInlineSnapshot(`
      " 4/32 images   Source 50.0 %   Tent 100.0 %   ZeroSiam 75.0 %   0:07 left
       8/32 images   Source 50.0 %   Tent 93.8 %   ZeroSiam 75.0 %   0:06 left
      12/32 images   Source 50.0 %   Tent 87.5 %   ZeroSiam 75.0 %   0:05 left
      16/32 images   Source 50.0 %   Tent 81.3 %   ZeroSiam 75.0 %   0:04 left
      20/32 images   Source 50.0 %   Tent 75.0 %   ZeroSiam 75.0 %   0:03 left
      24/32 images   Source 50.0 %   Tent 68.8 %   ZeroSiam 75.0 %   0:02 left
      28/32 images   Source 50.0 %   Tent 62.5 %   ZeroSiam 75.0 %   0:01 left
      32/32 images   Source 50.0 %   Tent 56.3 %   ZeroSiam 75.0 %   0:00 left
      "
    `);
  });

  it("redraws one frame in place on a terminal", () => {
    const frames = run({ isTTY: true, columns: 80 }).split("\x1b[6A");
    expect(frames.length).toBe(9);
    expect(frames[8].replaceAll("\x1b[K", "")).toMatchInlineSnapshot(`
      "            Source                Tent                  ZeroSiam              
      accuracy    50.0 %                56.3 %                75.0 %                
                  ▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅  █████▇▇▆▆▆▅▅▄▄▄▃▃▂▂▂  ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇  
      one class   25.0 %                87.5 %                25.0 %                
                       ▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃       ▃▃▃▄▄▅▅▅▆▆▇▇▇██       ▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃  
      ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━  100.0 %  32/32 images  0:00 left
      "
    `);
  });

  it("never writes a line wider than the terminal", () => {
    for (const columns of [54, 60, 80, 200]) {
      const lines = stripVTControlCharacters(run({ isTTY: true, columns })).split("\n");
      for (const line of lines) expect(line.length, line).toBeLessThan(columns);
    }
  });

  it("falls back to plain lines where the columns do not fit", () => {
    expect(run({ isTTY: true, columns: 40 })).toBe(run({}));
  });

  it("colours only when asked to", () => {
    const cyan = createColors(true).cyan("").slice(0, 5);
    expect(run({ isTTY: true, columns: 80 })).not.toContain(cyan);
    expect(run({ isTTY: true, columns: 80 }, true)).toContain(cyan);
    expect(run({}, true)).not.toContain("\x1b");
  });

  it("goes on below a line that is put between", () => {
    const written: string[] = [];
    const terminal = { isTTY: true, columns: 80, write: (part: string) => written.push(part) };
    let seconds = 0;
    const view = liveView(["tent"], 32, { terminal, colors: createColors(false), now: () => seconds++ });
    view.update("tent", { n: 4, accuracy: 1, dominantShare: null });
    view.update("tent", { n: 4, accuracy: 1, dominantShare: null });
    view.interject("stopping");
    view.finish();
    expect(written.map((part) => part.startsWith("\x1b[6A"))).toEqual([false, true, false, false]);
    expect(written[2]).toBe("stopping\n");
  });

  it("tells the last state of a run that was stopped early", () => {
    expect(run({}, false, 3).trim().split("\n").pop()).toMatch(/^12\/32 images .* 0:05 left$/);
  });
});
