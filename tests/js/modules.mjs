// Lets Node resolve the pages' bare module names as a browser does: by the import map in templates/base.html.

import { readFileSync } from "node:fs";
import { register } from "node:module";

const root = new URL("../../", import.meta.url);
const html = readFileSync(new URL("templates/base.html", root), "utf8");

export const importMap = Object.fromEntries(
  [...html.matchAll(/"([^"]+)": "\{% static '([^']+)' %\}"/g)].map(([, name, path]) => [name, path]),
);

/** The file of a static path: each app keeps its own below <app>/static/<app>/. */
export const staticFile = (path) => new URL(`${path.split("/")[0]}/static/${path}`, root);

const ours = Object.entries(importMap)
  .filter(([name]) => name.startsWith("app/"))
  .map(([name, path]) => [name, staticFile(path).href]);
const hooks = `
  const ours = new Map(${JSON.stringify(ours)});
  export function resolve(name, context, next) {
    return ours.has(name) ? { url: ours.get(name), shortCircuit: true } : next(name, context);
  }`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
