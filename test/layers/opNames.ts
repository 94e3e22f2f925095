// The rule on ops' names: general code does not spell one out.
import type { SourceFile } from "./source.js";
import { namesIn, TABLE } from "./spellings.js";

/** Folders whose code must serve an op that it has never heard of. */
const GENERAL = /^(src\/kernels\/lib|src\/tensor|test|bench)\//;

/** Fields that are called as an op is: of tolerances, statistics, limits, adapters. */
const FIELDS = /^(abs|mean|sum|max|where)$/;

interface Vocabulary {
  readonly files: RegExp;
  readonly words: RegExp;
}

/** Words that are spelled as an op is named, and may stand in these files. */
export const OTHER_VOCABULARIES: readonly Vocabulary[] = [
  // values of an option
  { files: /^src\/kernels\/lib\/rows\/classLoss\.ts$/, words: /^(mean|sum)$/ },
  { files: /^src\/kernels\/lib\/elementwise\/gelu\.ts$/, words: /^tanh$/ },
  { files: /^test\/nn\/module\.test\.ts$/, words: /^tanh$/ },
  { files: /^test\/methods\/zerosiam\.test\.ts$/, words: /^linear$/ },
  { files: /^test\/fuzz\/lib\/program\.ts$/, words: /^max$/ },
  // an option of a command
  { files: /^test\/cli\/(adapt|adaptData|usage)\.test\.ts$/, words: /^mean$/ },
  // a field of step fixtures
  { files: /^test\/cli\/parity(Documents|Gradients)\.test\.ts$/, words: /^log$/ },
  // statistics of rows
  { files: /^test\/ops\/long\.test\.ts$/, words: /^(sum|mean)$/ },
  // inputs, and a layer of a model
  { files: /^src\/kernels\/lib\/attention\/attentionGrad\.ts$/, words: /^logsumexp$/ },
  { files: /^test\/models\/resnet20\.test\.ts$/, words: /^linear$/ },
  // WGSL: a keyword
  { files: /^src\/kernels\/lib\/optim\/update\.ts$/, words: /^var$/ },
  // a minified file
  { files: /^bench\/peers\.ts$/, words: /^min$/ },
  // functions of Math
  { files: /^test\/streams\/exactMath\.test\.ts$/, words: /^(floor|round|abs|min|max|sqrt)$/ },
  // tasks that are timed, each a call of another library
  { files: /^bench\/peers\//, words: /^(matmul|softmax|gelu|add|layerNorm|conv2d)$/ },
  // names of the golden fixtures, each a function of another library
  { files: /^bench\/peers\/accuracy\//, words: /^[a-z]\w*$/ },
  { files: /^test\/bench\/accuracy\.test\.ts$/, words: /^(exp|square|sqrt)$/ },
  { files: /^test\/ops\/parity\.test\.ts$/, words: /^(add|sub|sum|mul|neg|reshape)$/ },
  // what tests of commands and lists type in
  { files: /^test\/bench\/bench\.test\.ts$/, words: /^(add|matmul|softmax)$/ },
  { files: /^test\/cli\/scriptOptions\.test\.ts$/, words: /^(exp|gelu|relu|softmax)$/ },
  // this rule, and what it is shown
  { files: /^test\/layers(\/opNames|\.test)\.ts$/, words: /^[a-z]\w*$/ },
];

/** Where declarations come from. */
const DECLARATIONS = /^(src\/kernels\/\w+\.ts|zerosiam\/kernels)$/;

/** Tests of variants of certain kernels, which call their plans and references, and of checks, which break certain ops. */
const TESTS_OF_KERNELS = /^test\/(kernels\/\w+|ops\/(attentionScale|checks|tiles))\.test\.ts$/;

/**
 * No general code spells an op's name out or imports its declaration, so that none branches on one or keeps a list: adding
 * an op touches its file and the barrel. Tests call methods, and may name an op in a title, a case or an expected value. The
 * rule does not see pieces of names (`endsWith("Backward")`, "re" + "lu"), texts with holes, members (`x.relu`), nor a
 * field of `FIELDS` that is an object's only one spelled like an op.
 */
export function opNameUses(files: readonly SourceFile[], ops: ReadonlySet<string>): string[] {
  return files
    .filter(({ path }) => GENERAL.test(path))
    .flatMap((file) => [...importedOps(file, ops), ...spelledOps(file, ops)]);
}

function importedOps({ path, imports }: SourceFile, ops: ReadonlySet<string>): string[] {
  if (TESTS_OF_KERNELS.test(path)) return [];
  const values = imports.filter(({ target, typeOnly }) => DECLARATIONS.test(target) && !typeOnly);
  const named = values.flatMap(({ names }) => names.filter((name) => name === "*" || ops.has(name)));
  return named.length > 0 ? [`${path} imports ${named.join(", ")}`] : [];
}

function spelledOps({ path, spellings }: SourceFile, ops: ReadonlySet<string>): string[] {
  const others = OTHER_VOCABULARIES.filter(({ files }) => files.test(path));
  return spellings.flatMap(({ line, kind, texts }) => {
    const names = texts.flatMap((text) => namesIn(text, ops));
    const named = names.filter((name) => !others.some(({ words }) => words.test(name)));
    const field = kind === TABLE && named.length === 1 && FIELDS.test(named[0]);
    return named.length > 0 && !field ? [`${path}:${line} ${kind} ${named.join(", ")}`] : [];
  });
}
