import type { Plugin } from "vite";
import pages from "./src/app/pages.json" with { type: "json" };

interface Chunk {
  type: "chunk";
  fileName: string;
  isEntry: boolean;
  facadeModuleId: string | null;
  imports: string[];
  dynamicImports: string[];
  viteMetadata?: { importedCss: Set<string> };
}

/**
 * Has the first page's own chunks, and the engine that draws its charts or scenes, fetched along
 * with the entry rather than after it has run: a script in the head looks at the address and asks
 * for that page's files.
 */
export function preloadPages(): Plugin {
  return {
    name: "costline:preload-pages",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle }) {
        const chunks = Object.values(bundle ?? {}).filter((c) => c.type === "chunk") as Chunk[];
        const entry = chunks.filter((chunk) => chunk.isEntry);
        const first = new Set(entry.flatMap((chunk) => withImports(chunk, chunks)));
        const table = Object.entries(pages).map(([path, place]) => {
          const page = chunks.find((c) => c.facadeModuleId?.endsWith(`/features/${place}.tsx`));
          if (!page) throw new Error(`pages.json: ${place} is no chunk of its own`);
          const own = withImports(page, chunks).filter((chunk) => !first.has(chunk));
          const engines = own.flatMap((chunk) => named(chunk.dynamicImports, chunks));
          // Not the styles of an engine: a page without a chart would leave them unused, and warn.
          const files = [...filesOf(own), ...engines.map((engine) => engine.fileName)];
          return [`^${path.replace(/:\w+/g, "[^/]+")}$`, files];
        });
        return [{ tag: "script", children: script(table), injectTo: "head-prepend" }];
      },
    },
  };
}

function named(names: string[], chunks: Chunk[]): Chunk[] {
  return chunks.filter((chunk) => names.includes(chunk.fileName));
}

function withImports(chunk: Chunk, chunks: Chunk[], found = new Set<Chunk>()): Chunk[] {
  if (!found.has(chunk)) {
    found.add(chunk);
    for (const next of named(chunk.imports, chunks)) withImports(next, chunks, found);
  }
  return [...found];
}

function filesOf(chunks: Chunk[]): string[] {
  const files = chunks.flatMap((c) => [c.fileName, ...(c.viteMetadata?.importedCss ?? [])]);
  return [...new Set(files)];
}

/** The first pattern that fits wins: /runs/new stands before /runs/:runId. */
function script(table: unknown[]): string {
  return `
      // The files of the page that this address shows, asked for at once.
      for (const file of (${JSON.stringify(table)}.find(([path]) =>
        new RegExp(path).test(location.pathname)) || [, []])[1]) {
        const link = document.createElement("link");
        if (file.endsWith(".css")) Object.assign(link, { rel: "preload", as: "style" });
        else link.rel = "modulepreload";
        Object.assign(link, { crossOrigin: "", href: "/" + file });
        document.head.append(link);
      }
    `;
}
