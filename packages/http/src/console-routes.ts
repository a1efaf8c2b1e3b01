import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname } from "node:path";
import type { FastifyInstance } from "fastify";

/** A file of the console, held in memory: there are few, and they are small. */
interface PageFile {
  readonly name: string;
  readonly type: string;
  readonly octets: Buffer;
  readonly etag: string;
}

const pageName = "index.html";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/**
 * The page may load what lies beside it and talk to its own server, and nothing else: nothing inline, nothing
 * remote, no form that is sent anywhere, no frame around it. Markup is made by lit-html alone.
 */
const headers = {
  "cache-control": "no-cache",
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types lit-html",
  ].join("; "),
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
} as const;

/** Reads the files of a built console; `undefined` where it has not been built. */
export async function readConsole(folder: URL): Promise<readonly PageFile[] | undefined> {
  const names = await readdir(folder).catch((): string[] => []);
  if (!names.includes(pageName)) return undefined;
  const wanted = names.filter((name) => extname(name) in types);
  return Promise.all(
    wanted.map(async (name) => {
      const octets = await readFile(new URL(name, folder));
      const etag = `"${createHash("sha256").update(octets).digest("base64url")}"`;
      return { name, type: types[extname(name)] ?? "", octets, etag };
    }),
  );
}

/** Serves the console below `/console/`: these names and no others, so that no path leads anywhere else. */
export function addConsoleRoutes(http: FastifyInstance, files: readonly PageFile[]): void {
  http.addHook("onSend", async (_request, reply) => void reply.headers(headers));
  http.get("/console", (_request, reply) => reply.redirect("/console/", 308));
  for (const { name, type, octets, etag } of files) {
    http.get(`/console/${name === pageName ? "" : name}`, (request, reply) => {
      reply.header("etag", etag).type(type);
      return request.headers["if-none-match"] === etag ? reply.code(304).send() : reply.send(octets);
    });
  }
}
