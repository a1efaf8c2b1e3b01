import type { MaildropHistory } from "./maildrop-history.ts";
import type { SessionHistory } from "./session-history.ts";
import type { Violation } from "./violation.ts";

/** A rule looks at one maildrop, and says what breaks it. */
export type RuleCheck = (history: MaildropHistory) => Iterable<Violation>;

/** P5: from its acknowledgement on a message is in each listing, until a QUIT may have removed it. */
export function* acknowledgedDeliveriesStay(history: MaildropHistory): Iterable<Violation> {
  const { sessions, contentOf } = history;
  const shown = sessions.map(({ uniqueIds }) => {
    const contents = [...uniqueIds].map((uniqueId) => contentOf.get(uniqueId));
    return { contents: new Set(contents), hasUnread: contents.includes(undefined) };
  });
  for (const { content, outcome, to } of history.deliveries) {
    if (outcome !== "acknowledged") continue;
    const without = sessions.find(({ login }, index) => {
      if (login.from < to || shown[index]?.contents.has(content) === true) return false;
      // A message that nobody has read may be this one.
      return shown[index]?.hasUnread === false && !history.mayHaveLost(content, login.to);
    });
    if (without === undefined) continue;
    yield history.violation("delivery-lost", `${content} is missing in ${without.session}`);
  }
}

/** P5: each message is one delivery to this maildrop, and was not refused for good. */
export function* messagesWereDelivered(history: MaildropHistory): Iterable<Violation> {
  const delivered = new Map(history.deliveries.map((delivery) => [delivery.content, delivery]));
  const uniqueIds = new Map<string, string>();
  for (const [uniqueId, content] of history.contentOf) {
    const delivery = delivered.get(content);
    const twin = uniqueIds.get(content);
    uniqueIds.set(content, uniqueId);
    if (delivery === undefined) {
      yield history.violation("foreign-content", `${uniqueId} says ${content}`);
    } else if (delivery.outcome === "refused") {
      yield history.violation("refused-delivery", `${content} is there as ${uniqueId}`);
    } else if (twin !== undefined) {
      yield history.violation("delivered-twice", `${content} is ${twin} and ${uniqueId}`);
    }
  }
}

/**
 * P1, P2, P4: what one session saw and a later one does not see was removed by a QUIT; and it stays away.
 *
 * The sessions are in the order of their logins' ends; two whose logins overlap say nothing about each other.
 */
export function* messagesVanishByQuitAlone(history: MaildropHistory): Iterable<Violation> {
  /** Sessions that saw a message first. */
  const seen = new Map<string, SessionHistory>();
  const gone = new Map<string, SessionHistory>();
  for (const session of history.sessions) {
    const { login, uniqueIds } = session;
    for (const [uniqueId, witness] of seen) {
      const absence = gone.get(uniqueId);
      if (uniqueIds.has(uniqueId)) {
        if (absence === undefined || login.from < absence.login.to) continue;
        const story = `${uniqueId} is missing in ${absence.session} and back in ${session.session}`;
        yield history.violation("unique-id-reused", story);
        gone.delete(uniqueId);
      } else if (absence === undefined && login.from >= witness.login.to) {
        gone.set(uniqueId, session);
        if (history.mayBeRemoved(uniqueId, login.to)) continue;
        const story = `${uniqueId} of ${witness.session} is missing in ${session.session}`;
        yield history.violation("deleted-unasked", story);
      }
    }
    for (const uniqueId of uniqueIds) if (!seen.has(uniqueId)) seen.set(uniqueId, session);
  }
}

/** P1: after an acknowledged QUIT nobody sees what it removed. */
export function* acknowledgedDeletionsLast(history: MaildropHistory): Iterable<Violation> {
  for (const { session, quit, marked, hasUncertainMark } of history.sessions) {
    if (quit?.outcome !== "acknowledged" || hasUncertainMark) continue;
    for (const later of history.sessions) {
      if (later.login.from < quit.to) continue;
      const back = [...marked].find((uniqueId) => later.uniqueIds.has(uniqueId));
      if (back === undefined) continue;
      yield history.violation("deletion-undone", `${back}, removed by ${session}, is in ${later.session}`);
      break;
    }
  }
}

/** P1: whatever became of a QUIT, a later listing shows all that it marked, or nothing of it. */
export function* deletionsAreWhole(history: MaildropHistory): Iterable<Violation> {
  for (const session of history.sessions) {
    if (session.quit === undefined || session.marked.size < 2 || session.hasUncertainMark) continue;
    for (const other of history.sessions) {
      if (other.login.from < session.login.to) continue;
      const own = [...session.marked].filter(
        (uniqueId) => !history.mayBeRemoved(uniqueId, other.login.to, session),
      );
      const left = own.filter((uniqueId) => other.uniqueIds.has(uniqueId));
      if (left.length === 0 || left.length === own.length) continue;
      const story = `${other.session} sees ${left.length} of ${own.length} that ${session.session} removed`;
      yield history.violation("deletion-torn", story);
      break;
    }
  }
}

/** P3: a session that a later one has overtaken deletes nothing, and no message is deleted twice. */
export function* oneSessionDeletes(history: MaildropHistory): Iterable<Violation> {
  const removedBy = new Map<string, string>();
  for (const session of history.sessions) {
    if (session.quit?.outcome !== "acknowledged" || session.hasUncertainMark) continue;
    const overtaker = history.overtaker(session);
    if (overtaker !== undefined) {
      const story = `${session.session} removed messages while ${overtaker.session} had the maildrop open`;
      yield history.violation("overtaken-deletion", story);
    }
    for (const uniqueId of session.marked) {
      const other = removedBy.get(uniqueId);
      removedBy.set(uniqueId, session.session);
      if (other === undefined) continue;
      yield history.violation("deleted-twice", `${uniqueId} by ${other} and by ${session.session}`);
    }
  }
}

/** M: where no fault was made, no two sessions have the maildrop at the same time. */
export function* oneSessionOwns(history: MaildropHistory): Iterable<Violation> {
  let [holder] = history.sessions;
  for (const session of history.sessions.slice(1)) {
    if (holder !== undefined && session.login.to < holder.leftFrom) {
      yield history.violation("owned-twice", `${session.session} opened it before ${holder.session} left`);
    }
    if (holder === undefined || session.leftFrom > holder.leftFrom) holder = session;
  }
}

/** P4, P8: a unique-id stands for one content of one size, whoever asks. */
export function* messagesAreConstant(history: MaildropHistory): Iterable<Violation> {
  const octetsOf = new Map<string, number>();
  for (const { session, lists, listing, retrieves } of history.sessions) {
    for (const { uniqueId, octets } of lists.flatMap(({ messages }) => messages)) {
      const before = octetsOf.get(uniqueId) ?? octets;
      octetsOf.set(uniqueId, octets);
      if (before === octets) continue;
      yield history.violation("octets-changed", `${uniqueId}: ${before}, in ${session} ${octets}`);
    }
    for (const { number, content, octets } of retrieves) {
      const message = listing.get(number);
      if (message === undefined) continue;
      const { uniqueId } = message;
      const before = history.contentOf.get(uniqueId);
      if (before !== content) {
        yield history.violation("content-changed", `${uniqueId}: ${before}, in ${session} ${content}`);
      }
      if (octets === message.octets) continue;
      const story = `${uniqueId} in ${session}: ${message.octets} listed, ${octets} retrieved`;
      yield history.violation("octets-changed", story);
    }
  }
}

/**
 * P4, P8: a session is shown the same messages under the same numbers, each once, less those that it marked.
 */
export function* listingsAreConstant(history: MaildropHistory): Iterable<Violation> {
  for (const { session, listing, lists, uniqueIds } of history.sessions) {
    if (uniqueIds.size !== listing.size) {
      yield history.violation("unique-id-reused", `${session} was shown a unique-id twice`);
    }
    for (const { messages } of lists) {
      const changed = messages.find(({ number, uniqueId, octets }) => {
        const first = listing.get(number);
        return first?.uniqueId !== uniqueId || first.octets !== octets;
      });
      if (changed === undefined) continue;
      yield history.violation("listing-changed", `message ${changed.number} of ${session}`);
    }
  }
}
