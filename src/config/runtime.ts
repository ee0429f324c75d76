/** The store that a program of this runtime has on its own machine; undefined where there is none. */
export function localStore(globals: object): "filesystem" | "indexeddb" | undefined {
  // Workers have a file system by name, and it is gone after the request.
  if (field(field(globals, "navigator"), "userAgent") === "Cloudflare-Workers") return undefined;
  // Bundlers put an empty `process` into browsers.
  const node = field(field(field(globals, "process"), "versions"), "node");
  if (typeof node === "string") return "filesystem";
  return "indexedDB" in globals ? "indexeddb" : undefined;
}

function field(of: unknown, name: string): unknown {
  return typeof of === "object" && of !== null ? Reflect.get(of, name) : undefined;
}
