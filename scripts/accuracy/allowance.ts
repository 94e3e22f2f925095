// What WGSL allows an implementation: the accuracy of its operators and built-in functions, and which of them kernels use.

/**
 * f32 accuracy by operator or built-in, as WGSL states it (W3C, "WebGPU Shading Language", 15.7.4.1, "Accuracy of
 * Concrete Floating Point Expressions"): ULP of the exact result, or an absolute error.
 */
export const WGSL_ACCURACY: Readonly<Record<string, string>> = {
  "/": "2.5 ULP",
  cos: "2⁻¹¹ in [−π, π]",
  cosh: "as (exp(x) + exp(−x)) / 2",
  dot: "as its sum of products",
  exp: "3 + 2·|x| ULP",
  exp2: "3 + 2·|x| ULP",
  fma: "as x·y + z",
  inverseSqrt: "2 ULP",
  log: "2⁻²¹ in [½, 2], 3 ULP elsewhere",
  log2: "2⁻²¹ in [½, 2], 3 ULP elsewhere",
  mix: "as x·(1 − z) + y·z",
  pow: "as exp2(y·log2(x))",
  sin: "2⁻¹¹ in [−π, π]",
  sqrt: "as 1 / inverseSqrt(x)",
  tanh: "10⁻⁵, or as sinh(x) / cosh(x)",
};

/** Built-ins that are exact, correctly rounded or no functions of floats, and what only looks like a call. */
const WITHOUT_ERROR = new RegExp(
  `^(${[
    "abs|ceil|clamp|floor|max|min|round|select|sign|transpose|trunc|any|all",
    "bitcast|f32|i32|u32|bool|vec[234]\\w?|mat\\w+|array|arrayLength",
    "countLeadingZeros|countOneBits|extractBits|insertBits|firstLeadingBit|reverseBits|\\w*pack\\w+",
    "subgroup\\w+|quad\\w+|atomic\\w+|workgroupBarrier|storageBarrier|workgroupUniformLoad",
    "if|for|while|switch|return|else|loop|[A-Z]\\w*", // structs and aliases are written with a capital
  ].join("|")})$`,
);

/** Names of the table that a kernel uses, and those that it does not, since functions of ours stand in for them. */
export interface Uses {
  readonly builtIns: readonly string[];
  readonly replaced: readonly string[];
}

/**
 * What the code reachable from `main` uses. A function that stands in for a built-in is called like it, and 32.
 * Throws Error for a call of something unknown: its accuracy has to be looked up.
 */
export function usesOf(wgsl: string): Uses {
  const code = wgsl.replace(/\/\/.*$/gm, "").replace(/@\w+(\([^)]*\))?/g, "");
  const functions = functionsOf(code);
  const integers = uniformsOf(code, /^[ui]32$/);
  const reached = new Set<string>();
  const builtIns = new Set<string>();
  const visit = (name: string): void => {
    if (reached.has(name)) return;
    reached.add(name);
    const text = functions.get(name) ?? "";
    if (dividesFloats(text, integers)) builtIns.add("/");
    for (const called of callsIn(text)) {
      if (functions.has(called)) visit(called);
      else if (called in WGSL_ACCURACY) builtIns.add(called);
      else if (!WITHOUT_ERROR.test(called)) throw new Error(`WGSL's accuracy of ${called} is not in the table`);
    }
  };
  visit("main");
  const replaced = [...reached].filter((name) => name.endsWith("32")).map((name) => name.slice(0, -2));
  return { builtIns: [...builtIns].sort(), replaced: replaced.filter((name) => name in WGSL_ACCURACY).sort() };
}

/** Parameters and body of each function, by name. */
function functionsOf(code: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const match of code.matchAll(/\bfn\s+(\w+)\s*(?=\()/g)) {
    const start = match.index + match[0].length;
    let end = code.indexOf("{", start) + 1;
    for (let depth = 1; depth > 0; end++) depth += code[end] === "{" ? 1 : code[end] === "}" ? -1 : 0;
    found.set(match[1], code.slice(start, end));
  }
  return found;
}

/** Names of the uniforms of a type. */
function uniformsOf(code: string, type: RegExp): Set<string> {
  const [, members = ""] = /struct Uniforms \{([^}]*)\}/.exec(code) ?? [];
  const pairs = [...members.matchAll(/(\w+): (\w+)/g)];
  return new Set(pairs.filter(([, , of]) => type.test(of)).map(([, name]) => `u.${name}`));
}

const callsIn = (text: string): string[] =>
  [...text.matchAll(/\b([A-Za-z]\w*)(?:<[\w, <>]+>)?\s*\(/g)].map(([, name]) => name);

/** Whether a `/` of the function has a divisor that is no integer: uniform, literal, constant or a local made of those. */
function dividesFloats(text: string, uniforms: ReadonlySet<string>): boolean {
  const isInteger = (expression: string): boolean =>
    /\b\d+[ui]\b|\b[ui]32\(|\bLANES\b/.test(expression) || [...uniforms].some((name) => expression.includes(name));
  const divisors = [...text.matchAll(/[^/]\/=?\s*\(?((?:u\.)?\w+\(?)/g)].map(([, divisor]) => divisor);
  return divisors.some((divisor) => {
    if (isInteger(divisor)) return false;
    const typed = new RegExp(`\\b${divisor.replace("(", "\\(")}: [ui]32\\b`).test(text);
    const [, made = ""] = new RegExp(`\\blet ${divisor.replace("(", "\\(")} = ([^;]*);`).exec(text) ?? [];
    return !typed && !(isInteger(made) && !made.includes("f32("));
  });
}
