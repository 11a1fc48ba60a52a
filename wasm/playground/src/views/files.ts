// The files of the project, as a tree; add, rename, remove.

import { byId, h, redraw } from "../dom.js";
import type { Problems } from "../problems.js";
import type { Project } from "../project.js";
import { count, SEVERITIES, SEVERITY_MARK, type Severity } from "../report.js";
import { notify } from "./notices.js";

/** `opened` is called when a new file is there to be written. */
export function showFiles(project: Project, problems: Problems, opened: () => void): void {
  const list = byId("file-list");
  let naming: { from: string | undefined } | undefined;

  const draw = () => {
    const worst = worstByFile(problems);
    const rows: HTMLElement[] = [];
    let folder = "";
    for (const path of project.files.value.keys()) {
      const own = path.slice(0, path.lastIndexOf("/") + 1);
      if (own !== folder && own !== "") rows.push(h("li", { class: "folder" }, own));
      folder = own;
      if (naming?.from === path) rows.push(nameField(path));
      else rows.push(row(path, own, worst.get(path)));
    }
    if (naming !== undefined && naming.from === undefined) rows.push(nameField(""));
    redraw(list, rows);
    list.querySelector("input")?.focus();
    list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    for (const id of ["rename-file", "remove-file"]) byId(id).toggleAttribute("disabled", project.open.value === "");
  };

  const row = (path: string, folder: string, worst: Count | undefined) => {
    const current = path === project.open.value;
    const mark = worst
      ? h("span", { class: `badge ${worst.severity}`, "aria-label": `, ${count(worst.number, "problem")}` },
          SEVERITY_MARK[worst.severity], " ", String(worst.number))
      : null;
    const name = path.slice(folder.length);
    return h(
      "li",
      { class: folder === "" ? "" : "inside" },
      h(
        "button",
        { type: "button", class: "file", title: path, "aria-current": current ? "true" : null, onclick: () => (project.open.value = path) },
        h("span", { class: "name" }, name),
        mark,
      ),
    );
  };

  const nameField = (from: string) => {
    const finish = (keep: boolean) => {
      const to = field.value.trim();
      if (keep && to !== from) {
        const refusal = project.refusal(to);
        if (refusal !== undefined) {
          field.setCustomValidity(refusal);
          field.reportValidity();
          return;
        }
      }
      naming = undefined;
      if (!keep || to === from) return draw();
      if (from === "") project.write([[to, ""]]);
      else project.rename(from, to);
      project.open.value = to;
      draw();
      opened();
    };
    const field = h("input", {
      type: "text",
      value: from,
      placeholder: "deploy/web.yaml",
      "aria-label": from === "" ? "Name of the new file" : `New name of ${from}`,
      spellcheck: "false",
      autocomplete: "off",
      oninput: () => field.setCustomValidity(""),
      onblur: () => naming !== undefined && field.value.trim() === from && finish(false),
      onkeydown: (event: KeyboardEvent) => {
        if (event.key === "Enter") finish(true);
        if (event.key === "Escape") finish(false);
      },
    });
    return h("li", { class: "naming" }, field);
  };

  const name = (from: string | undefined) => {
    naming = { from };
    draw();
  };
  byId("add-file").addEventListener("click", () => name(undefined));
  byId("rename-file").addEventListener("click", () => name(project.open.value));
  byId("remove-file").addEventListener("click", () => {
    const path = project.open.value;
    const before = project.files.value;
    project.remove(path);
    notify(`Removed ${path}.`, "said", { name: "Undo", act: () => project.replace(before, path) });
  });

  // What comes in meanwhile must not take the field away that someone writes in.
  const drawUnlessNaming = () => naming === undefined && draw();
  let paths = "";
  project.files.read((files) => {
    // Typing changes texts, not names.
    const now = [...files.keys()].join("\n");
    if (now !== paths) drawUnlessNaming();
    paths = now;
  });
  project.open.read(drawUnlessNaming);
  problems.shown.read(drawUnlessNaming);
}

interface Count {
  severity: Severity;
  number: number;
}

/** For each file, how many problems it has, and how bad the worst is. */
function worstByFile(problems: Problems): Map<string, Count> {
  const counts = new Map<string, Count>();
  for (const { location, severity } of problems.shown.value) {
    const known = counts.get(location.path);
    if (known === undefined) counts.set(location.path, { severity, number: 1 });
    else {
      known.number++;
      if (SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(known.severity)) known.severity = severity;
    }
  }
  return counts;
}
