// A page that adapts in a worker: hands files over, shows what is answered, saves what was learnt. It imports no library.
import type { Answer, Question } from "./worker.js";

const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
const ask = (question: Question) => worker.postMessage(question);
const byId = (id: string) => document.getElementById(id) as HTMLInputElement;
const chosen = (id: string) => Array.from(byId(id).files ?? []);

byId("start").onclick = () => {
  const [weights = new URL("digits.safetensors", location.href).href] = chosen("weights");
  ask({ ask: "start", weights, saved: chosen("saved")[0] });
};
byId("pictures").onchange = () => ask({ ask: "adapt", pictures: chosen("pictures") });
byId("save").onclick = () => ask({ ask: "save" });

worker.onmessage = ({ data: { said, state } }: MessageEvent<Answer>) => {
  byId("said").append(`${said}\n`);
  if (!state) return;
  const link = Object.assign(document.createElement("a"), { download: "learnt.safetensors" });
  link.href = URL.createObjectURL(state);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
};
