/** `npm run demo:browser`: serves the page on this machine alone. `-- --port 6000` takes another port. */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createServer } from "vite";

const { values } = parseArgs({ options: { port: { type: "string", default: "5280" } } });
const port = Number(values.port);
if (!Number.isInteger(port) || port < 1 || port > 65_535) {
  console.error(`"${values.port}" is no port; take a number from 1 to 65535, such as --port 6000`);
  process.exit(2);
}

const configFile = fileURLToPath(new URL("vite.config.ts", import.meta.url));
const server = await createServer({ configFile, clearScreen: false, logLevel: "warn", server: { port } });
try {
  await server.listen();
} catch (error) {
  await server.close();
  if (!(error instanceof Error && error.message.includes("already in use"))) throw error;
  console.error(`Port ${port} is taken. Choose another: npm run demo:browser -- --port ${port + 1}`);
  process.exit(1);
}
console.log(
  `The librarian is at http://127.0.0.1:${port}/ (open it twice; Ctrl-C stops the server, the state stays)`,
);
