export { apiReference } from "./api-reference.ts";
export type { ApiOptions } from "./api-routes.ts";
export type { PublicServices } from "./client-setup/client-services.ts";
export type { ClientSetupOptions } from "./client-setup/client-setup-routes.ts";
export type { HttpServer } from "./serve-http.ts";
export { serveHttp } from "./serve-http.ts";
