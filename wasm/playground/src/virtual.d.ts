// Modules that are made when the playground is built.

declare module "virtual:examples" {
  export const EXAMPLES: import("./example.js").Example[];
}
