import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { importMap, staticFile } from "./modules.mjs";

const apps = ["progress", "uploads"];
const modules = apps.flatMap((app) => {
  const folder = new URL(`../../${app}/static/${app}/`, import.meta.url);
  return readdirSync(folder)
    .filter((name) => name.endsWith(".js"))
    .map((name) => new URL(name, folder));
});

test("every module of ours that the import map names is there", () => {
  for (const [name, path] of Object.entries(importMap)) {
    if (name.startsWith("app/")) assert.ok(existsSync(staticFile(path)), `${name} → ${path}`);
  }
});

test("a module imports by names of the import map only, so that hashed file names work", () => {
  for (const url of modules) {
    for (const [, name] of readFileSync(url, "utf8").matchAll(/^(?:import|export)\s(?:[^"'();=]*\sfrom\s)?["']([^"']+)["']/gm)) {
      assert.ok(name in importMap, `${url.pathname} imports ${name}`);
    }
  }
});

test("what a module imports by name, the other module exports", async () => {
  for (const url of modules) {
    const imports = readFileSync(url, "utf8").matchAll(/^import \{([^}]+)\} from "(app\/[^"]+)"/gm);
    for (const [, names, from] of imports) {
      const exported = readFileSync(staticFile(importMap[from]), "utf8");
      for (const name of names.split(",").map((part) => part.trim()).filter(Boolean)) {
        assert.match(exported, new RegExp(`export (async )?(function|class|const) ${name}\\b`), `${name} of ${from}`);
      }
    }
  }
});
