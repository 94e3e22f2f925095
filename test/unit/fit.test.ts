// The coefficients of kernels/lib/text/floats.ts are those that `npm run fit` finds.
import { expect, test } from "vitest";
import { committed, FITS } from "../../scripts/fit/fits.js";
import { largestError, lawson } from "../../scripts/fit/lawson.js";

test.each(FITS)("$name has the coefficients that were fitted, and the error that is stated", (polynomial) => {
  const { target, degree, error } = polynomial;
  const [fitted, stored] = [lawson(target, degree), committed(polynomial)];
  expect(largestError(target, fitted)).toBeLessThan(1.05 * error);
  expect(stored.length).toBe(degree + 1);
  // rounded to f32 they are as good as the fitted ones so rounded, but for the luck of rounding
  expect(largestError(target, stored)).toBeLessThan(1.3 * largestError(target, fitted.map(Math.fround)));
});
