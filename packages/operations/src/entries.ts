import type { Domain, LoginSummary, MaildropSummary, MessageSummary, View } from "@poplar/maildrop";

// What the use cases answer: plain values, which JSON carries unchanged. Times are ISO 8601 in UTC.

/** A domain. */
export interface DomainEntry {
  readonly name: string;
  readonly logins: number;
  readonly createdAt: string;
}

/** A login. */
export interface LoginEntry {
  readonly name: string;
  readonly maildropId: number;
  readonly view: View;
  readonly isDisabled: boolean;
  readonly createdAt: string;
}

/** A maildrop. */
export interface MaildropEntry {
  readonly maildropId: number;
  readonly name: string;
  readonly messages: number;
  readonly octets: number;
  /** `null`: no limit. */
  readonly quotaOctets: number | null;
  readonly createdAt: string;
}

/** A message. */
export interface MessageEntry {
  readonly uid: number;
  readonly uniqueId: string;
  readonly octets: number;
  readonly receivedAt: string;
  readonly reversePath: string;
  readonly recipient: string;
}

export const domainEntry = ({ name, logins, createdAt }: Domain): DomainEntry => ({
  name,
  logins,
  createdAt: createdAt.toISOString(),
});

export const loginEntry = (login: LoginSummary): LoginEntry => ({
  name: login.name,
  maildropId: login.maildropId,
  view: login.view,
  isDisabled: login.isDisabled,
  createdAt: login.createdAt.toISOString(),
});

export const maildropEntry = (maildrop: MaildropSummary): MaildropEntry => ({
  maildropId: maildrop.maildropId,
  name: maildrop.name,
  messages: maildrop.messages,
  octets: maildrop.octets,
  quotaOctets: maildrop.quotaOctets ?? null,
  createdAt: maildrop.createdAt.toISOString(),
});

export const messageEntry = (message: MessageSummary): MessageEntry => ({
  uid: message.uid,
  uniqueId: message.uniqueId,
  octets: message.octets,
  receivedAt: message.receivedAt.toISOString(),
  reversePath: message.reversePath,
  recipient: message.recipient,
});
