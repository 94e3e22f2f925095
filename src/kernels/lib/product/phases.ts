// Strided windows seen from the pixels: which taps of which windows reach a pixel depends on its remainder by the stride.
import type { Convolution } from "./convolution.js";

/**
 * Pixels of x whose padded coordinate leaves the same remainder by the stride, in one dimension: they are reached by the
 * same taps of the kernel, and by neighbouring windows. Stride 1 has one phase, of all pixels.
 */
export interface Phase {
  /** The first pixel, and how many there are, `stride` apart. */
  readonly first: number;
  readonly pixels: number;
  /** The first tap, how many there are, and how far apart. */
  readonly tap: number;
  readonly taps: number;
  readonly tapStep: number;
  /** The window by whose first tap the first pixel is reached (maybe none: −1, …), and how many windows a tap steps back. */
  readonly window: number;
  readonly windowStep: number;
}

function phasesOf(c: Convolution, d: 0 | 1): Phase[] {
  const [size, kernel, stride, padding, dilation] = [c.size[d], c.kernel[d], c.stride[d], c.padding[d], c.dilation[d]];
  const tapStep = stride / greatestCommonDivisor(stride, dilation);
  return Array.from({ length: Math.min(stride, size) }, (_, first) => {
    // Taps k with k · dilation ≡ first + padding (mod stride).
    const end = Math.min(tapStep, kernel);
    let tap = 0;
    while (tap < end && (first + padding - tap * dilation) % stride !== 0) tap++;
    return {
      first,
      pixels: Math.ceil((size - first) / stride),
      tap,
      taps: tap < end ? Math.ceil((kernel - tap) / tapStep) : 0,
      tapStep,
      window: Math.floor((first + padding - tap * dilation) / stride),
      windowStep: (tapStep * dilation) / stride,
    };
  });
}

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));

/** How many phases there are: a launch for each. */
export const phaseCount = ({ stride, size }: Convolution): number =>
  Math.min(stride[0], size[0]) * Math.min(stride[1], size[1]);

/** Phases in height and width, in every combination. */
export function phases(c: Convolution): [Phase, Phase][] {
  return phasesOf(c, 0).flatMap((h) => phasesOf(c, 1).map((w): [Phase, Phase] => [h, w]));
}
