// How numbers and method names are written in reports and in the terminal.

const LABELS: Record<string, string> = {
  source: "Source",
  norm: "Norm",
  tent: "Tent",
  eata: "EATA",
  sar: "SAR",
  deyo: "DeYO",
  "come-tent": "COME (Tent)",
  "come-deyo": "COME (DeYO)",
  zerosiam: "ZeroSiam",
  "zerosiam-eata": "ZeroSiam + EATA",
  "zerosiam-deyo": "ZeroSiam + DeYO",
};

/** The name that papers use for a method, or the name itself when it is not known; what follows a comma stays. */
export function methodLabel(name: string): string {
  const [method, ...variant] = name.split(", ");
  return [LABELS[method] ?? method, ...variant].join(", ");
}

/** 0.6123 → "61.2 %", with a space that does not break lines. NaN and null → "–". */
export function percent(fraction: number | null | undefined, digits = 1): string {
  if (fraction === null || fraction === undefined || !Number.isFinite(fraction)) return "–";
  return `${(fraction * 100).toFixed(digits)}\u00a0%`;
}

/** Difference of two fractions in points, always signed: "+5.4", "−40.9"; "–" where there is none. */
export function points(difference: number): string {
  if (!Number.isFinite(difference)) return "–";
  const text = Math.abs(difference * 100).toFixed(1);
  return `${difference < 0 && text !== "0.0" ? "−" : "+"}${text}`;
}

/** Four significant digits without an exponent for usual sizes: 0.0123, 5.679, 1234. */
export function number(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e6)) return value.toExponential(2);
  return String(Number(value.toPrecision(4)));
}

/** A learning rate as people write it: 0.001 → "1e-3", 0 → "0", null → "–". */
export function rate(value: number | null): string {
  if (value === null) return "–";
  if (value === 0) return "0";
  return value.toExponential().replace("e+0", "").replace("e+", "e");
}

/** The same with a hyphen that does not break lines, for running text; not to be copied into a command line. */
export function unbrokenRate(value: number | null): string {
  return rate(value).replace("-", "\u2011");
}

/** 93 → "1:33"; 0.4 → "0:00"; an hour has three parts. */
export function clock(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  const rest = String(s % 60).padStart(2, "0");
  const minutes = Math.floor(s / 60) % 60;
  return s < 3600 ? `${minutes}:${rest}` : `${Math.floor(s / 3600)}:${String(minutes).padStart(2, "0")}:${rest}`;
}

/** Time per image with a fitting unit: "3.2 ms", "1.50 s". */
export function perImage(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  return seconds < 1 ? `${Number((seconds * 1000).toPrecision(3))} ms` : `${seconds.toFixed(2)} s`;
}
