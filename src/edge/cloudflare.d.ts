/** The platform's module, as far as it is used here. Programs get the platform's own types of it. */
declare module "cloudflare:workers" {
  export abstract class DurableObject<Env = unknown> {
    protected ctx: import("./platform.ts").ObjectContext;
    protected env: Env;
    constructor(ctx: unknown, env: Env);
    fetch?(request: Request): Response | Promise<Response>;
    alarm?(): void | Promise<void>;
    webSocketMessage?(
      socket: import("./platform.ts").ObjectSocket,
      message: string | ArrayBuffer,
    ): void | Promise<void>;
    webSocketClose?(socket: import("./platform.ts").ObjectSocket): void | Promise<void>;
    webSocketError?(socket: import("./platform.ts").ObjectSocket): void | Promise<void>;
  }
}

declare const WebSocketPair: new () => { 0: WebSocket; 1: import("./platform.ts").ObjectSocket };
