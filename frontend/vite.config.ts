import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { preloadPages } from "./preloadPages.ts";

// `npm run dev` talks to a running `costline serve`, where the server's own settings put it; another
// address can be given. tests/server/test_cli.py holds the port against the server's default.
const port = process.env.COSTLINE_PORT ?? "8420";
const api = process.env.COSTLINE_API ?? `http://127.0.0.1:${port}`;

export default defineConfig({
  plugins: [react(), preloadPages()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  // plotly's CommonJS sources expect the name `global`.
  define: { global: "globalThis" },
  server: { host: "127.0.0.1", proxy: { "/api": { target: api, changeOrigin: false } } },
  build: {
    outDir: "../server/static",
    emptyOutDir: true,
    target: "es2022",
    chunkSizeWarningLimit: 1200,
    license: false,
    // Few files: a page waits for each of them. What several pages use comes with the first.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "libraries", test: /node_modules/, minShareCount: 4 },
            { name: "shared", test: /src/, minShareCount: 4 },
          ],
        },
      },
    },
  },
  worker: { format: "es" },
  test: { include: ["tests/**/*.test.{ts,tsx}"] },
});
