// Texts without their credentials. Of a docker config the shape stays, so that the proof stays what it was.

import { type ByteRange, Utf16Index } from "canpull";

const MASKED = "masked";

/** Names of users that are no secret and that proofs rest on: service principals, Azure's placeholder for tokens. */
const OPEN_USER = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The text with something else wherever it may hold a credential. */
export function masked(path: string, text: string, ranges: readonly ByteRange[]): string {
  const index = new Utf16Index(text);
  const sorted = ranges
    .map(({ start, end }) => ({ from: index.toUtf16(start), to: index.toUtf16(end) }))
    .sort((a, b) => a.from - b.from);
  let out = "";
  let done = 0;
  for (const { from, to } of joined(sorted)) {
    out += text.slice(done, from) + replacement(text.slice(from, to), path.endsWith(".json"));
    done = to;
  }
  return out + text.slice(done);
}

function joined(sorted: { from: number; to: number }[]): { from: number; to: number }[] {
  const all: { from: number; to: number }[] = [];
  for (const range of sorted) {
    const last = all.at(-1);
    if (last !== undefined && range.from <= last.to) last.to = Math.max(last.to, range.to);
    else all.push({ ...range });
  }
  return all;
}

/** What stands in the place of a credential: something of the same kind, so that the file still parses. */
function replacement(secret: string, inJson: boolean): string {
  const written = secret.trimEnd();
  const behind = secret.slice(written.length);
  if (written === "") return secret;
  if (written.startsWith("#")) return `# ${MASKED}${behind}`;
  if (written.startsWith("//")) return `// ${MASKED}${behind}`;
  const { quote, content } = unquoted(written);
  const other = lookalike(content);
  if (quote === '"' || (inJson && quote === "")) return JSON.stringify(other) + behind;
  if (quote === "'" || !/^[\w+/=-]+$/.test(other)) return `'${other.replaceAll("'", "''")}'${behind}`;
  return other + behind;
}

/** The content of a scalar: quoted, a block, or plain. */
function unquoted(written: string): { quote: string; content: string } {
  const quote = written.charAt(0);
  const closed = written.length > 1 && written.endsWith(quote);
  if (quote === "'" && closed) return { quote, content: written.slice(1, -1).replaceAll("''", "'") };
  if (quote === '"' && closed) return { quote, content: parsed(written) ?? written.slice(1, -1) };
  if (quote === "|" || quote === ">") return { quote: "", content: written.slice(written.indexOf("\n") + 1) };
  return { quote: "", content: written };
}

function parsed(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

function lookalike(content: string): string {
  const plain = dockerConfig(content);
  if (plain !== undefined) return plain;
  const decoded = fromBase64(content);
  if (decoded === undefined) return MASKED;
  return btoa(dockerConfig(decoded) ?? MASKED);
}

/** Base64 as Kubernetes' `data` has it. Short words may be so by accident. */
function fromBase64(text: string): string | undefined {
  const whole = text.replace(/\s/g, "");
  if (whole.length < 8 || whole.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(whole)) return undefined;
  return atob(whole);
}

type Fields = Record<string, unknown>;

/** A docker config with the hosts of this one and the same kinds of credentials, none of them real. */
function dockerConfig(text: string): string | undefined {
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isFields(config)) return undefined;
  const isNew = isFields(config["auths"]);
  const entries = Object.entries((isNew ? config["auths"] : config) as Fields);
  const isConfig = entries.length > 0 && entries.every(([host, entry]) => isFields(entry) && /^[\w.:/*-]+$/.test(host));
  if (!isConfig) return undefined;
  const auths = Object.fromEntries(entries.map(([host, entry]) => [host, credential(entry as Fields)]));
  return JSON.stringify(isNew ? { auths } : auths);
}

function credential(entry: Fields): Fields {
  const user = (name: unknown) => (typeof name === "string" && OPEN_USER.test(name) ? name : name === "" ? "" : "user");
  const secret = (value: unknown) => (value === "" ? "" : MASKED);
  const masked: Fields = {};
  if ("username" in entry) masked["username"] = user(entry["username"]);
  if ("password" in entry) masked["password"] = secret(entry["password"]);
  if ("identitytoken" in entry) masked["identitytoken"] = secret(entry["identitytoken"]);
  if ("auth" in entry) masked["auth"] = auth(entry["auth"], user);
  return masked;
}

/** What cannot be decoded stays so. */
function auth(value: unknown, user: (name: unknown) => string): string {
  const decoded = typeof value === "string" ? fromBase64(value) : undefined;
  if (decoded === undefined) return value === "" ? "" : `user:${MASKED}`;
  const colon = decoded.indexOf(":");
  return btoa(colon < 0 ? MASKED : `${user(decoded.slice(0, colon))}:${MASKED}`);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
