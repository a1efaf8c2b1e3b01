/** A maildrop that many logins may read by XTND, and nobody changes that way. RFC 1082. */
export interface BulletinBoard {
  /** One word in lower case. */
  readonly name: string;
  /** Where mail for it goes. */
  readonly address: string;
  /** It has a second maildrop, with what is older. */
  readonly hasArchive: boolean;
}
