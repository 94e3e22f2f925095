// Forgetting: accuracy on clean images while a method learns from corrupted ones, and when it returns to clean ones.
import { forgetting } from "../experiments/metrics/index.js";
import type { ReportData } from "./data.js";
import type { Figure } from "./figures.js";
import { methodLabel, percent, points } from "./format.js";
import { look } from "./palette.js";
import type { SeriesSpec } from "./payload.js";

/** One chart of all methods whose clean accuracy was measured on the way; none without. */
export function forgettingFigures({ methods }: ReportData): Figure[] {
  const probed = methods.flatMap(({ name, clean, returned }, i) =>
    clean?.length ? [{ name, clean, returned, i }] : [],
  );
  if (probed.length === 0) return [];
  const x = probed[0].clean.map(({ seen }) => seen);
  const series = probed.map(
    ({ name, clean, i }): SeriesSpec => ({
      name: methodLabel(name),
      ...look(name, i),
      values: x.map((_, at) => clean[at]?.mean ?? null),
      marked: true,
      whiskers: x.map((_, at) => clean[at]?.ci95 ?? null),
    }),
  );
  const words = probed.map(({ name, clean, returned }) => {
    const lost = points(forgetting(clean[0].mean, clean[clean.length - 1].mean));
    const back = returned ? `, and answers ${percent(returned.mean)} of the clean stream that follows` : "";
    return `${methodLabel(name)} ends ${lost} points from where it began${back}.`;
  });
  const axes = { xLabel: "corrupted images learnt from", xName: "images", yLabel: "clean accuracy (%)" };
  return [
    {
      title: "Forgetting, and the return to the source",
      caption:
        "Accuracy on clean images, answered without learning from them, at equal distances along the corrupted stream; " +
        `whiskers are 95 % intervals over seeds. ${words.join(" ")} The clean stream at the end is learnt from again, so a ` +
        "method that has forgotten can recover there; the figure does not show how fast.",
      chart: { id: "forgetting", ...axes, percent: true, logX: false, yMax: 1, x, series },
    },
  ];
}
