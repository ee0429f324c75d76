import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const configFile = fileURLToPath(new URL("../../demo/browser/vite.config.ts", import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
};

/** For browsers that can only be driven from inside the page. */
const CHANNEL = `<script>
const channel = new URL(location.href).searchParams.get("channel");
if (channel !== null) import(channel);
</script>`;

/** Builds the browser's demo in memory, with keepstate as it lies in `dist`, and serves it on loopback. */
export async function serveDemo(): Promise<{ readonly address: string; close(): void }> {
  const built = await build({ configFile, logLevel: "error", build: { write: false } });
  const files = new Map<string, string | Uint8Array>();
  for (const result of Array.isArray(built) ? built : [built]) {
    if (!("output" in result)) throw new TypeError("Vite watches instead of building");
    for (const file of result.output)
      files.set(file.fileName, file.type === "chunk" ? file.code : file.source);
  }
  const server = createServer(({ url = "/" }, response) => {
    const name = new URL(url, "http://127.0.0.1").pathname.slice(1) || "index.html";
    const body = files.get(name);
    response.writeHead(body === undefined ? 404 : 200, {
      "content-type": TYPES[extname(name)] ?? "text/plain",
    });
    response.end(name === "index.html" ? `${String(body)}${CHANNEL}` : body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
