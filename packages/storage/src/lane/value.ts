/** A parameter of a statement. Octets travel in binary, all else as text. */
export type Value = string | number | boolean | null | Uint8Array | readonly number[] | ValueArray;

/** A row as it came: the octets of each field in the binary format of its type, `null` for NULL. */
export type Row = readonly (Uint8Array | null)[];

/** An array of text or of octets, encoded for Postgres. */
export class ValueArray {
  readonly encoded: Buffer;

  constructor(encoded: Buffer) {
    this.encoded = encoded;
  }
}

/** OIDs of the built-in types, from Postgres's `pg_type.dat`. */
const byteaOid = 17;
const textOid = 25;

/** Many texts in one parameter (`text[]`). */
export const textArray = (texts: readonly string[]): ValueArray =>
  encodeArray(
    textOid,
    texts.map((text) => Buffer.from(text, "utf8")),
  );

/** Many chunks of octets in one parameter (`bytea[]`). */
export const byteaArray = (chunks: readonly Uint8Array[]): ValueArray => encodeArray(byteaOid, chunks);

/**
 * The binary format of a one-dimensional array: dimensions, flags, element type, length, lower bound,
 * elements.
 */
function encodeArray(elementOid: number, elements: readonly Uint8Array[]): ValueArray {
  const headerOctets = 20;
  const octets = elements.reduce((sum, element) => sum + 4 + element.length, headerOctets);
  const encoded = Buffer.allocUnsafe(octets);
  let at = encoded.writeInt32BE(1, 0);
  at = encoded.writeInt32BE(0, at);
  at = encoded.writeInt32BE(elementOid, at);
  at = encoded.writeInt32BE(elements.length, at);
  at = encoded.writeInt32BE(1, at);
  for (const element of elements) {
    at = encoded.writeInt32BE(element.length, at);
    encoded.set(element, at);
    at += element.length;
  }
  return new ValueArray(encoded);
}

const view = (field: Uint8Array): DataView => new DataView(field.buffer, field.byteOffset, field.byteLength);

const present = (row: Row, column: number): Uint8Array => {
  const field = row[column];
  if (field === null || field === undefined) throw new Error(`column ${column} holds no value`);
  return field;
};

/** Whether a field is NULL. */
export const isNull = (row: Row, column: number): boolean => row[column] === null;

/** A `bytea` field, not copied. */
export const octetsAt = (row: Row, column: number): Uint8Array => present(row, column);

/** A `text` field. */
export const textAt = (row: Row, column: number): string => {
  const field = present(row, column);
  return Buffer.from(field.buffer, field.byteOffset, field.byteLength).toString("utf8");
};

/** A `boolean` field. */
export const booleanAt = (row: Row, column: number): boolean => present(row, column)[0] === 1;

/** An `integer` or `bigint` field; numbers beyond 2^53 do not occur here. */
export const numberAt = (row: Row, column: number): number => {
  const field = present(row, column);
  return field.length === 4 ? view(field).getInt32(0) : Number(view(field).getBigInt64(0));
};
