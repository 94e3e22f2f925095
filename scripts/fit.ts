// `npm run fit`: fits the polynomials of src/kernels/lib/text/floats.ts anew, beside those that stand there.
import { committed, FITS } from "./fit/fits.js";
import { largestError, lawson } from "./fit/lawson.js";

for (const polynomial of FITS) {
  const { name, target, degree } = polynomial;
  const coefficients = lawson(target, degree);
  const stored = committed(polynomial);
  const errorOf = (c: readonly number[]) => largestError(target, c).toExponential(1);
  console.log(`${name}: error ${errorOf(coefficients)}, rounded to f32 ${errorOf(coefficients.map(Math.fround))}`);
  console.log(`  fitted     ${coefficients.map((c) => Number(Math.fround(c).toPrecision(9))).join(" ")}`);
  console.log(`  floats.ts  ${stored.join(" ")}: error ${errorOf(stored)}`);
}
