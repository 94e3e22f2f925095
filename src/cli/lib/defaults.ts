// The digits' stream as the demo and the evaluation show it, unless they are told otherwise.

/** Images of each corruption: half of what the validation part has. */
export const DIGITS_LIMIT = 500;
/** The rates that validation chose for ZeroSiam on such a stream (`zerosiam evaluate`); the demo gives Tent the same. */
export const DIGITS_RATES = { lr: 1e-3, lrPredictor: 1e-2 };
