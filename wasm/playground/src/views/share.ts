// Makes links to the project, and opens those that others made.

import { Refusal, type Client } from "../analysis/client.js";
import { sources } from "../analysis/analysis.js";
import { byId } from "../dom.js";
import { masked } from "../mask.js";
import { CONFIG, type Files, type Project } from "../project.js";
import { count } from "../report.js";
import { fragment, isShared, readFragment } from "../share.js";
import { copy } from "./copy.js";
import { notify } from "./notices.js";

export function watchSharing(project: Project, client: Client): void {
  byId("share").addEventListener("click", () => void share(project, client));
  window.addEventListener("hashchange", () => openShared(project));
}

/** Opens the project that the address carries; false if it carries none that can be read. */
export function openShared(project: Project): boolean {
  if (!isShared(location.hash)) return false;
  try {
    const { files, open } = readFragment(location.hash);
    project.replace(files, open);
    return true;
  } catch (thrown) {
    notify(`The link cannot be opened: ${thrown instanceof Error ? thrown.message : String(thrown)}. Nothing was changed.`, "failed");
    return false;
  }
}

/** What canpull reads. Of other files it knows no credentials, so they stay here. */
async function readFiles(files: Files, client: Client): Promise<Files> {
  const read = new Set([...(await client.call("sources", [...files.keys()])), CONFIG]);
  return new Map([...files].filter(([path]) => read.has(path)));
}

async function share(project: Project, client: Client): Promise<void> {
  try {
    const files = await readFiles(project.files.value, client);
    // Credentials are taken out before anything is encoded.
    const credentials = await client.call("allCredentials", sources(files));
    const open = new Map(Array.from(files, ([path, text], index) => [path, masked(path, text, credentials[index] ?? [])]));
    const hidden = credentials.flat().length;
    const hash = fragment({ files: open, open: project.open.value });
    if (hash === undefined) return notify("These files are too much for a link. A smaller example is also sooner understood.", "failed");
    history.replaceState(null, "", hash);
    const said = `the link. It holds the files; ${hidden === 0 ? "no credential was found in them" : `${count(hidden, "credential")} in them ${hidden === 1 ? "is" : "are"} masked`}`;
    await copy(location.href, said);
  } catch (thrown) {
    notify(`No link was made: ${thrown instanceof Refusal ? thrown.message : String(thrown)}`, "failed");
  }
}
