import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

/** The page, as `npm run demo:browser` serves it. It imports keepstate by its name, so it gets what was built. */
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  cacheDir: fileURLToPath(new URL("../../node_modules/.vite/demo-browser", import.meta.url)),
  server: { host: "127.0.0.1", port: 5280, strictPort: true },
});
