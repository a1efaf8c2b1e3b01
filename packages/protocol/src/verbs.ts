import { APOP } from "./commands/apop.ts";
import { AUTH } from "./commands/auth.ts";
import { CAPA } from "./commands/capa.ts";
import { DELE } from "./commands/dele.ts";
import { ENV } from "./commands/env.ts";
import { LANG } from "./commands/lang.ts";
import { LAST } from "./commands/last.ts";
import { LIST } from "./commands/list.ts";
import { NOOP } from "./commands/noop.ts";
import { PASS } from "./commands/pass.ts";
import { QUIT } from "./commands/quit.ts";
import { RETR } from "./commands/retr.ts";
import { RPOP } from "./commands/rpop.ts";
import { RSET } from "./commands/rset.ts";
import { STAT } from "./commands/stat.ts";
import { STLS } from "./commands/stls.ts";
import { TOP } from "./commands/top.ts";
import { UIDL } from "./commands/uidl.ts";
import { USER } from "./commands/user.ts";
import { UTF8 } from "./commands/utf8.ts";
import { XTND } from "./commands/xtnd.ts";
import type { Verb } from "./verb.ts";

/** Every command that Poplar speaks, by keyword. A map, because `constructor` is not a command. */
export const VERBS: ReadonlyMap<string, Verb> = new Map(
  Object.entries({
    APOP,
    AUTH,
    CAPA,
    DELE,
    "*ENV": ENV,
    LANG,
    LAST,
    LIST,
    NOOP,
    PASS,
    QUIT,
    RETR,
    RPOP,
    RSET,
    STAT,
    STLS,
    TOP,
    UIDL,
    USER,
    UTF8,
    XTND,
  }),
);
