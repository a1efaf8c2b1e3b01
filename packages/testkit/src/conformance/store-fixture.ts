import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { TestContext } from "node:test";
import {
  type Extent,
  type Holder,
  isDeliveryFault,
  isRegistryFault,
  type MaildropId,
  type OpenMaildrop,
  type RegistryFault,
  type View,
  WHOLE,
  type WireContent,
} from "@poplar/maildrop";
import { isFault, type MessageNumber, messageNumberAt, WireEncoder } from "@poplar/protocol";
import { hasUtf8Header } from "../measure-surrogate.ts";
import type { StorePorts } from "../memory-store.ts";

/** Gives the store under test, and sees to it that it is closed after `t`. */
export type OpenStore = (t: TestContext) => Promise<StorePorts>;

/** A login with a maildrop of its own, in a domain of its own. */
export interface Tenancy {
  readonly store: StorePorts;
  readonly domain: string;
  /** `alice@` the domain. */
  readonly login: string;
  readonly maildropId: MaildropId;
}

/** Makes a domain and `alice` in it; `john@`, `mary@` and anything else of the domain come to her too. */
export async function tenancy(store: StorePorts, quotaOctets?: number): Promise<Tenancy> {
  const domain = `d${randomUUID().slice(0, 12)}.test`;
  const login = `alice@${domain}`;
  done(await store.registry.addDomain(domain));
  const added = done(
    await store.registry.addLogin({ name: login, passwordVerifier: "verifier", quotaOctets }),
  );
  done(await store.registry.addAddress(`*@${domain}`, login));
  return { store, domain, login, maildropId: added.maildropId };
}

/** The outcome of an operator's change, which is expected to succeed. */
export function done<T>(outcome: T): Exclude<T, RegistryFault> {
  if (isRegistryFault(outcome)) assert.fail(`${outcome.registryFault}: ${JSON.stringify(outcome)}`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- guards do not narrow type parameters
  return outcome as Exclude<T, RegistryFault>;
}

/** Content that lies in memory. */
export interface TestContent extends WireContent {
  slices(): Iterable<Uint8Array>;
}

/** A message as `delivery` hands it over: its wire form, and what was counted while it was made. */
export function contentOf(message: string | Uint8Array, sliceOctets = 10_000): TestContent {
  const encoder = new WireEncoder();
  const raw = typeof message === "string" ? Buffer.from(message, "latin1") : message;
  const wire = Buffer.concat([...encoder.encode(raw), ...encoder.finish()]);
  return {
    octets: encoder.octets,
    headerWireOctets: encoder.headerWireOctets,
    wireOctets: wire.length,
    isInternationalised: hasUtf8Header([wire]),
    *slices() {
      for (let at = 0; at < wire.length; at += sliceOctets) yield wire.subarray(at, at + sliceOctets);
    },
  };
}

/** A trace header as short as can be. */
export const trace: Uint8Array = Buffer.from("Received: by test\r\n", "latin1");

/** The wire form of a message with its trace header. */
export const wireOf = (message: string | Uint8Array, header: Uint8Array = trace): Buffer =>
  Buffer.concat([header, ...contentOf(message).slices()]);

/** Delivers a message to one recipient. @returns its uid. */
export async function deliver(
  { store, domain }: Tenancy,
  message: string | Uint8Array,
  localPart = "alice",
): Promise<number> {
  const resolved = await store.deliveries.resolveRecipient(`${localPart}@${domain}`);
  if (isDeliveryFault(resolved)) assert.fail(resolved.deliveryFault);
  const copies = [{ resolved, traceHeader: trace }];
  const delivery = { reversePath: "sender@example.org", copies, content: contentOf(message) };
  const [uid] = await store.deliveries.deliver(delivery);
  if (typeof uid !== "number") assert.fail(uid?.deliveryFault ?? "no outcome");
  return uid;
}

/** A session that has the maildrop open. */
export async function open(tenant: Tenancy, view: View = WHOLE): Promise<OpenMaildrop> {
  const { store, maildropId, login } = tenant;
  const holder: Holder = { sessionId: randomUUID(), login, address: "192.0.2.1" };
  const opened = await store.maildrops.open({ maildropId, view, holder });
  if (isFault(opened)) assert.fail(`${opened.fault} ${"cause" in opened ? String(opened.cause) : ""}`);
  return opened;
}

/** The view of one envelope local part. */
export const localPart = (name: string): View => ({ kind: "local-part", localPart: name });

/** Message numbers as a session writes them. */
export const numbers = (...plain: readonly number[]): MessageNumber[] =>
  plain.map((number) => messageNumberAt(number - 1));

/** All octets that reading a message yields. */
export async function readAll(
  maildrop: OpenMaildrop,
  number: number,
  extent: Extent = "whole",
): Promise<Buffer> {
  const reader = await maildrop.read(messageNumberAt(number - 1), extent);
  if (isFault(reader)) assert.fail(reader.fault);
  const octets: Uint8Array[] = [];
  for (;;) {
    const window = await reader.next();
    if (isFault(window)) assert.fail(window.fault);
    if (window === undefined) return Buffer.concat(octets);
    octets.push(Uint8Array.from(window));
    reader.giveBack?.(window);
  }
}

/** Unique-ids of all messages, in order. */
export const uniqueIds = ({ listing }: OpenMaildrop): string[] =>
  [...listing.present()].map((number) => listing.uniqueIdOf(number));

/** A message of so many octets, in lines of 64, some of which begin with a dot. */
export function bigMessage(octets: number): Buffer {
  const line = Buffer.from(`.${"0123456789abcdef".repeat(4).slice(3)}\r\n`, "latin1");
  const message = Buffer.alloc(octets, line);
  message.write("Subject: big\r\n\r\n", "latin1");
  message.write("\r\n", octets - 2, "latin1");
  return message;
}
