/** The beginning of a message, and all of it. */
export interface OpenedMessage {
  readonly header: MessageHeader;
  /** From its first octet on. */
  readonly content: AsyncIterable<Uint8Array>;
}

/** What an import wants to know from a header. */
export interface MessageHeader {
  /** The address in Return-Path; empty where there is none that could be one. */
  readonly reversePath: string;
  /** Delivered-To, in lower case. */
  readonly deliveredTo: string | undefined;
  /** When the last server took it in, else when it was written. */
  readonly receivedAt: Date | undefined;
}

/** A header beyond this is taken to end here. */
const headerOctetsMax = 64 * 1024;

/** Reads a header without losing it. */
export async function openMessage(source: AsyncIterable<Uint8Array>): Promise<OpenedMessage> {
  const rest = source[Symbol.asyncIterator]();
  const read: Uint8Array[] = [];
  let text = "";
  while (text.length < headerOctetsMax && !/\r?\n\r?\n/.test(text)) {
    const next = await rest.next();
    if (next.done === true) break;
    read.push(next.value);
    text += Buffer.from(next.value).toString("latin1");
  }
  return { header: headerIn(text), content: replay(read, rest) };
}

async function* replay(
  read: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* read;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

/** The fields of a header, unfolded; the first of each name. RFC 5322 §2.2. */
export function fieldsIn(text: string): ReadonlyMap<string, string> {
  const [header = ""] = text.split(/(?<=\n)\r?\n/, 1);
  const fields = new Map<string, string>();
  for (const line of header.replaceAll(/\r?\n(?=[ \t])/g, "").split(/\r?\n/)) {
    const [, name, value = ""] = /^([!-9;-~]+)[ \t]*:[ \t]*(.*)$/.exec(line) ?? [];
    if (name !== undefined && !fields.has(name.toLowerCase())) fields.set(name.toLowerCase(), value.trim());
  }
  return fields;
}

function headerIn(text: string): MessageHeader {
  const fields = fieldsIn(text);
  const received = fields.get("received");
  return {
    reversePath: addressIn(fields.get("return-path")) ?? "",
    deliveredTo: addressIn(fields.get("delivered-to"))?.toLowerCase(),
    receivedAt: timeIn(received?.slice(received.lastIndexOf(";") + 1)) ?? timeIn(fields.get("date")),
  };
}

/** Strict: what a header says is a stranger's, and the API would refuse the message with the address. */
const addressIn = (field: string | undefined): string | undefined =>
  /^<?([A-Za-z0-9!#$&'+=?^_{|}~-]+(?:\.[A-Za-z0-9!#$&'+=?^_{|}~-]+)*@[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*)>?$/.exec(
    field ?? "",
  )?.[1];

function timeIn(text: string | undefined): Date | undefined {
  const time = Date.parse(text ?? "");
  return Number.isNaN(time) || time < 0 || time > Date.now() ? undefined : new Date(time);
}
