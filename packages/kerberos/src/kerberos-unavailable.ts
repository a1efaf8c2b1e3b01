/** A library that Kerberos needs cannot be used on this machine. The message says what to install. */
export class KerberosUnavailable extends Error {
  override readonly name = "KerberosUnavailable";
}
