// The access graph: workloads → images → registries ← routes; drawn, to be walked by keyboard, and told as text.

import { Graph as Layout, layout } from "@dagrejs/dagre";

import { sources } from "../analysis/analysis.js";
import type { Analysis, Reported } from "../analysis/analysis.js";
import { Refusal, type Client } from "../analysis/client.js";
import { byId, h, svg } from "../dom.js";
import { MARK, type Truth } from "../report.js";

/** What `graph --format json` prints. */
interface AccessGraph {
  nodes: Node[];
  edges: Edge[];
}

interface Node {
  id: string;
  kind: "workload" | "image" | "registry" | "route";
  label: string;
}

interface Edge {
  from: string;
  to: string;
  truth: Truth;
}

/** More nodes than this make a drawing that nobody can read, and that takes long to lay out. */
const MOST_NODES = 160;

const LINE = 30;
const GLYPH = 6.7;
const WIDEST = 40;

/** Smaller, labels cannot be read. */
const LEAST_ZOOM = 0.75;

export class GraphView {
  readonly #client: Client;
  readonly #analysis: Analysis;
  readonly #choose: (workload: string) => void;
  #visible = false;
  #drawn: Reported | undefined;

  constructor(client: Client, analysis: Analysis, choose: (workload: string) => void) {
    this.#client = client;
    this.#analysis = analysis;
    this.#choose = choose;
    analysis.latest.read(() => void this.#update());
  }

  /** Drawn while it is to be seen. */
  show(visible: boolean): void {
    this.#visible = visible;
    void this.#update();
  }

  async #update(): Promise<void> {
    const latest = this.#analysis.latest.value;
    if (!this.#visible || latest === undefined || latest === this.#drawn) return;
    this.#drawn = latest;
    const content = await this.#content(latest);
    if (this.#drawn === latest) byId("graph").replaceChildren(...content);
  }

  async #content({ files }: Reported): Promise<HTMLElement[]> {
    try {
      const graph = JSON.parse(await this.#client.call("graph", sources(files), "json")) as AccessGraph;
      const text = h("details", { class: "graph-text" }, h("summary", {}, "As text"), asText(graph));
      if (graph.nodes.length === 0) return [h("p", { class: "empty" }, "No images to pull.")];
      if (graph.nodes.length <= MOST_NODES) return [drawing(graph, this.#choose), text];
      text.open = true;
      return [h("p", { class: "empty" }, `${graph.nodes.length} nodes are too many to draw here.`), text];
    } catch (thrown) {
      this.#drawn = undefined;
      return [h("p", { class: "empty" }, thrown instanceof Refusal ? thrown.message : String(thrown))];
    }
  }
}

/** A sentence for each edge. */
function asText({ nodes, edges }: AccessGraph): HTMLElement {
  const byName = new Map(nodes.map((node) => [node.id, node]));
  const sentence = ({ from, to, truth }: Edge) => {
    const [start, end] = [byName.get(from), byName.get(to)];
    const verb = start?.kind === "workload" ? "pulls" : start?.kind === "image" ? "lies in" : "opens";
    return h("li", {}, h("span", { class: `mark ${truth}`, role: "img", "aria-label": truth }, MARK[truth]), ` ${start?.label} ${verb} ${end?.label}`);
  };
  return h("ul", {}, ...edges.map(sentence));
}

function drawing(graph: AccessGraph, choose: (workload: string) => void): HTMLElement {
  const placed = place(graph);
  const { width = 0, height = 0 } = placed.graph();
  const labels = new Map(graph.nodes.map((node) => [node.id, node.label]));
  const canvas = svg("g", {});
  for (const { from, to, truth } of graph.edges) {
    const [source, target] = isRoute(graph, from) ? [to, from] : [from, to];
    const points = placed.edge(source, target)?.points ?? [];
    if (source === to) points.reverse();
    canvas.append(edge(points, truth));
  }
  for (const node of graph.nodes) canvas.append(box(node, placed.node(node.id), graph, labels, choose));
  const picture = svg("svg", { role: "group", "aria-label": "Access graph", viewBox: `0 0 ${width} ${height}` }, arrows(), canvas);
  return h("figure", { class: "graph" }, zoomed(picture, width, height));
}

function isRoute(graph: AccessGraph, id: string): boolean {
  return graph.nodes.some((node) => node.id === id && node.kind === "route");
}

/** Routes stand behind the registries that they open, so that the graph reads from left to right. */
function place(graph: AccessGraph) {
  const placed = new Layout({ directed: true });
  placed.setGraph({ rankdir: "LR", nodesep: 10, ranksep: 40, marginx: 16, marginy: 20 });
  placed.setDefaultEdgeLabel(() => ({}));
  for (const { id, label } of graph.nodes) placed.setNode(id, { width: shortened(label).length * GLYPH + 20, height: LINE });
  for (const { from, to } of graph.edges) {
    if (isRoute(graph, from)) placed.setEdge(to, from);
    else placed.setEdge(from, to);
  }
  layout(placed);
  return placed;
}

/** The end of a long label tells more than its beginning. */
function shortened(label: string): string {
  return label.length <= WIDEST ? label : `…${label.slice(1 - WIDEST)}`;
}

function edge(points: { x: number; y: number }[], truth: Truth): SVGElement {
  const path = points.map(({ x, y }, index) => `${index === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
  return svg("path", { d: path, class: `edge ${truth}`, "marker-end": `url(#arrow-${truth})` });
}

function arrows(): SVGElement {
  const arrow = (truth: Truth) =>
    svg("marker", { id: `arrow-${truth}`, class: `edge ${truth}`, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" },
      svg("path", { d: "M0 0 8 4 0 8z" }));
  return svg("defs", {}, arrow("yes"), arrow("no"), arrow("unknown"));
}

function box(node: Node, at: { x: number; y: number; width: number; height: number }, graph: AccessGraph, labels: Map<string, string>, choose: (workload: string) => void): SVGElement {
  const own = graph.edges.filter(({ from }) => from === node.id);
  const truth = own.some((edge) => edge.truth === "no") ? "no" : own.some((edge) => edge.truth === "unknown") ? "unknown" : "yes";
  const verdict = own.length === 0 ? "" : truth;
  const told = own.map(({ to, truth }) => `${labels.get(to)}: ${truth}`).join(", ");
  const pick = () => node.kind === "workload" && choose(node.label);
  const press = (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    pick();
  };
  const name = [`${node.kind} ${node.label}`, told].filter((part) => part !== "").join("; ");
  return svg(
    "g",
    {
      class: `node ${node.kind} ${verdict}`,
      transform: `translate(${at.x - at.width / 2} ${at.y - at.height / 2})`,
      tabindex: 0,
      role: node.kind === "workload" ? "button" : "img",
      "aria-label": name,
      onclick: pick,
      onkeydown: press,
    },
    svg("title", {}, name),
    svg("rect", { width: at.width, height: at.height, rx: node.kind === "registry" ? 15 : 5 }),
    svg("text", { x: at.width / 2, y: at.height / 2 }, `${verdict === "" ? "" : `${MARK[truth]} `}${shortened(node.label)}`),
  );
}

/** Buttons that zoom; at first all is to be seen, unless it could not be read. */
function zoomed(picture: SVGSVGElement, width: number, height: number): HTMLElement {
  const frame = h("div", { class: "graph-frame", tabindex: 0, role: "region", "aria-label": "Drawing" }, picture);
  let zoom = 1;
  const set = (to: number) => {
    zoom = Math.min(4, Math.max(0.2, to));
    picture.setAttribute("width", String(width * zoom));
    picture.setAttribute("height", String(height * zoom));
  };
  const by = (factor: number) => set(zoom * factor);
  const fit = (least: number) => set(Math.max(least, Math.min(1.2, (frame.clientWidth - 2) / width)));
  const button = (sign: string, name: string, act: () => void) =>
    h("button", { type: "button", class: "icon", "aria-label": name, title: name, onclick: act }, sign);
  frame.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    by(event.deltaY < 0 ? 1.15 : 1 / 1.15);
  }, { passive: false });
  // It has a width once it is on the page, and another one when the page gives it more room.
  new ResizeObserver(() => fit(LEAST_ZOOM)).observe(frame);
  const wide = button("⇔", "Wide or narrow", () => document.body.toggleAttribute("data-wide"));
  const tools = h("div", { class: "graph-tools" }, button("+", "Zoom in", () => by(1.3)), button("−", "Zoom out", () => by(1 / 1.3)), button("⤢", "Show all", () => fit(0)), wide);
  return h("div", {}, tools, frame);
}
