/** A message on another server, or in its files. */
export interface SourceMessage {
  /** Where it lies, for people. */
  readonly name: string;
  /** What clients know it by; something that stays the same from run to run where they know it by nothing. */
  readonly uniqueId: string;
  /** What an earlier run may have called it: before the other server had made its unique-id. */
  readonly formerId?: string;
  /** Whether `uniqueId` is the other server's. */
  readonly isKept: boolean;
  /** Absent where the header has to say it. */
  readonly receivedAt?: Date;
  /** Of the progress: octets, or one. */
  readonly weight: number;
  /** Its octets, without dot-stuffing; each reading begins anew. */
  open(): AsyncIterable<Uint8Array>;
}

/** Mail that is to be imported. */
export interface MailSource extends AsyncDisposable {
  /** Whose rule the unique-ids follow, e.g. `dovecot`. */
  readonly rule: string;
  /** The sum of all weights. */
  readonly weight: number;
  /** What a weight counts. */
  readonly unit: "messages" | "octets";
  /** In the order in which the other server shows them. */
  messages(): AsyncIterable<SourceMessage>;
}
