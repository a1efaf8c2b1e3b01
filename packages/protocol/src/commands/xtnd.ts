import type { BulletinBoard } from "../bulletin-board.ts";
import { wordsOf } from "../command-line.ts";
import type { Decision, Effect } from "../decision.ts";
import { syntax } from "../fault.ts";
import { leaving } from "../leaving.ts";
import type { Transaction, Verb } from "../verb.ts";

/**
 * Reads bulletin boards: `BBOARDS` lists them, `BBOARDS name` opens one in the place of the maildrop,
 * `ARCHIVE name` what is older of it, and `X-BBOARDS name` describes it. Of an RFC that MH alone has
 * followed.
 */
export const XTND: Verb = {
  rfc: "RFC 1082",
  TRANSACTION: (session, argument) => {
    const { boards } = session.link;
    if (boards === undefined) return { fault: "unknown-command" };
    const [service = "", name, ...more] = wordsOf(argument);
    const asked = service.toUpperCase();
    const isAsked =
      asked === "BBOARDS" || ((asked === "ARCHIVE" || asked === "X-BBOARDS") && name !== undefined);
    if (!isAsked || more.length > 0) return syntax("xtnd-arguments");
    if (name === undefined) {
      return surveyed(boards, (maxima) =>
        boards.flatMap((board, at) => (maxima[at] === undefined ? [] : [nameAndMaxima(board, maxima[at])])),
      );
    }
    const board = boards.find((each) => each.name === name.toLowerCase());
    if (board === undefined) return { fault: "no-such-board" };
    if (asked === "X-BBOARDS") {
      return surveyed([board], ([maxima]) =>
        maxima === undefined ? { fault: "no-such-board" } : description(board, maxima),
      );
    }
    const isArchive = asked === "ARCHIVE";
    if (isArchive && !board.hasArchive) return { fault: "no-such-board" };
    return opened(session, board, isArchive);
  },
};

const surveyed = (
  boards: readonly BulletinBoard[],
  lines: Extract<Effect, { readonly do: "survey-boards" }>["lines"],
): Decision => ({ effect: { do: "survey-boards", boards, lines } });

/** RFC 1082 leaves the maildrop as QUIT does. */
const opened = (session: Transaction, board: BulletinBoard, isArchive: boolean): Decision => ({
  effect: { do: "open-board", board, isArchive, ...leaving(session) },
});

/** A line of the list of boards; the number is the highest that a message there has. */
export const nameAndMaxima = ({ name }: BulletinBoard, maxima: number | undefined): string =>
  `${name} ${maxima ?? 0}`;

/**
 * RFC 1082: name, aliases, four places of files, a password, leaders, the address of the board and that of
 * requests, relay, hosts that it goes to, flags and highest number, date. What is no business of a client, or
 * is not known, is an empty line.
 */
const description = (board: BulletinBoard, maxima: number): readonly string[] => [
  board.name,
  ...Array<string>(7).fill(""),
  board.address,
  ...Array<string>(3).fill(""),
  `0 ${maxima}`,
  "",
];
