import { type Config, readConfig } from "@poplar/config";
import type { Command } from "commander";
import { ApiClient } from "./api-client.ts";
import { findToken, findUrl } from "./find-server.ts";
import { Printer } from "./printer.ts";

/** What commands work with, made from the flags that all of them share when one of them runs. */
export class Tools {
  readonly version: string;
  readonly #program: Command;
  readonly #env: NodeJS.ProcessEnv;

  constructor(program: Command, env: NodeJS.ProcessEnv, version: string) {
    this.#program = program;
    this.#env = env;
    this.version = version;
  }

  get printer(): Printer {
    return new Printer(this.#program.opts()["json"] === true);
  }

  get env(): NodeJS.ProcessEnv {
    return this.#env;
  }

  /** The shared flags again, as `readConfig` takes them. */
  get configFlags(): readonly string[] {
    const options: Record<string, unknown> = this.#program.opts();
    return ["config", "dataDir", "apiUrl", "apiTokenFile"].flatMap((name) => {
      const value = options[name];
      const flag = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      return typeof value === "string" ? [`--${flag}=${value}`] : [];
    });
  }

  config(): Config {
    return readConfig({ app: "cli", argv: this.configFlags, env: this.#env });
  }

  api(): ApiClient {
    const config = this.config();
    return new ApiClient(findUrl(config), findToken(config));
  }
}
