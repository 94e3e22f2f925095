// How a method compares with not adapting: safe rates, what it forgets, what it costs.

/** The rates at which a method does no harm. */
export interface SafeRange {
  readonly lowest: number;
  readonly highest: number;
  /** log₁₀(highest / lowest): 0 for a single rate. */
  readonly decades: number;
}

/**
 * The widest run of consecutive swept rates whose mean accuracy is at least the source's; null if there is none. A rate
 * of 0 is no adaptation and is left out. The width is a lower bound: rates between the swept ones were not run, and
 * beyond the ends of the sweep nothing is known.
 * @param margin accuracy that may be lost and still count as safe; 0 by definition
 */
export function safeRange(
  points: readonly { readonly lr: number; readonly mean: number }[],
  source: number,
  margin = 0,
): SafeRange | null {
  let widest: SafeRange | null = null;
  let lowest: number | null = null;
  for (const { lr, mean } of points.filter((point) => point.lr > 0).toSorted((a, b) => a.lr - b.lr)) {
    if (!(mean >= source - margin)) {
      lowest = null;
      continue;
    }
    lowest ??= lr;
    const decades = Math.log10(lr / lowest);
    if (widest === null || decades > widest.decades) widest = { lowest, highest: lr, decades };
  }
  return widest;
}

/** Clean accuracy of the adapted model, frozen, minus that of the source: negative where it has forgotten. */
export function forgetting(cleanBefore: number, cleanAfter: number): number {
  return cleanAfter - cleanBefore;
}

/** Seconds per image ÷ seconds per image without adaptation, of the same run on the same machine. */
export function costRatio(secondsPerImage: number, sourceSecondsPerImage: number): number {
  return secondsPerImage / sourceSecondsPerImage;
}
