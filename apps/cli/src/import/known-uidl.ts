/** What a server has written down about a message. */
export interface KnownUidl {
  readonly uniqueId: string;
  /** Where it stands in the listing, lowest first. */
  readonly order: number;
}
