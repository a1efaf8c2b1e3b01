import type { ColumnType, Generated } from "kysely";

/** `bigint` comes from the driver as text; what is written may be a number. */
type BigInteger = ColumnType<string, number | string, number | string>;
type NullableBigInteger = ColumnType<
  string | null,
  number | string | null | undefined,
  number | string | null
>;
type GeneratedBigInteger = ColumnType<string, number | string | undefined, number | string>;

/** The tables that operators' changes touch, as kysely sees them. The migrations are the authority. */
export interface Schema {
  readonly tenant: {
    readonly tenant_id: GeneratedBigInteger;
    readonly name: string;
  };
  readonly domain: {
    readonly domain_id: GeneratedBigInteger;
    readonly tenant_id: GeneratedBigInteger;
    readonly name: string;
    readonly created_at: Generated<Date>;
  };
  readonly address: {
    readonly domain_id: BigInteger;
    readonly local_part: string;
    readonly maildrop_id: BigInteger;
  };
  readonly login: {
    readonly login_id: GeneratedBigInteger;
    readonly domain_id: BigInteger;
    readonly name: string;
    readonly maildrop_id: BigInteger;
    readonly view_local_part: string | null;
    readonly is_disabled: Generated<boolean>;
    readonly version: GeneratedBigInteger;
    readonly created_at: Generated<Date>;
    readonly host_login_id: NullableBigInteger;
    readonly mechanisms: string[] | null;
    readonly networks: string[] | null;
    readonly requires_tls: Generated<boolean>;
    readonly retention_days: number | null;
    readonly login_delay_seconds: Generated<number>;
    readonly sees_newest: number | null;
    readonly sees_days: number | null;
    readonly deletion: Generated<string>;
    readonly undo_days: Generated<number>;
    readonly sees_unfetched: Generated<boolean>;
    readonly removes_retrieved: Generated<boolean>;
    readonly has_policy: Generated<boolean>;
  };
  /** Without a domain: of the fleet. */
  readonly default_policy: {
    readonly domain_id: NullableBigInteger;
    readonly retention_days: number | null;
    readonly login_delay_seconds: number;
    readonly sees_newest: number | null;
    readonly sees_days: number | null;
    readonly sees_unfetched: boolean;
    readonly deletion: string;
    readonly undo_days: number;
    readonly removes_retrieved: boolean;
  };
  readonly credential: {
    readonly credential_id: GeneratedBigInteger;
    readonly login_id: BigInteger;
    readonly kind: string;
    readonly verifier: string;
    readonly label: string | null;
    readonly scopes: Generated<string[]>;
    readonly networks: Generated<string[]>;
    readonly created_at: Generated<Date>;
    readonly expires_at: ColumnType<Date | null, Date | null | undefined, Date | null>;
    readonly last_used_at: ColumnType<Date | null, Date | null | undefined, Date | null>;
    readonly last_step: NullableBigInteger;
    readonly version: GeneratedBigInteger;
  };
  readonly audit: {
    readonly audit_id: GeneratedBigInteger;
    readonly at: Date;
    readonly action: string;
    readonly outcome: string;
    readonly subject: string;
    readonly mechanism: string | null;
    readonly address: string | null;
    readonly listener: string | null;
    readonly session_id: string | null;
    readonly actor: string | null;
  };
  readonly access_token: {
    readonly token_id: GeneratedBigInteger;
    readonly verifier: Buffer;
    readonly label: string;
    readonly role: string;
    readonly tenant_id: NullableBigInteger;
    readonly domain_id: NullableBigInteger;
    readonly login_id: NullableBigInteger;
    readonly created_by: string;
    readonly parent_id: NullableBigInteger;
    readonly created_at: Generated<Date>;
    readonly expires_at: ColumnType<Date | null, Date | null | undefined, Date | null>;
    readonly last_used_at: ColumnType<Date | null, Date | null | undefined, Date | null>;
  };
  readonly kept_answer: {
    readonly caller: string;
    readonly key: string;
    readonly fingerprint: Buffer;
    readonly status: ColumnType<number | null, number | null | undefined, number | null>;
    readonly sealed: ColumnType<Buffer | null, Buffer | null | undefined, Buffer | null>;
    readonly claimed_at: Generated<Date>;
  };
  readonly maildrop: {
    readonly maildrop_id: GeneratedBigInteger;
    readonly name: string;
    readonly unique_id_prefix: string;
    readonly messages: Generated<number>;
    readonly octets: GeneratedBigInteger;
    readonly quota_octets: ColumnType<string | null, number | null, number | null>;
    readonly created_at: Generated<Date>;
  };
  readonly view_fence: { readonly maildrop_id: BigInteger };
  readonly message: {
    readonly maildrop_id: BigInteger;
    readonly uid: number;
    readonly octets: BigInteger;
    readonly received_at: Date;
    readonly reverse_path: string;
    readonly recipient: string;
    readonly local_part: string;
    readonly imported_unique_id: string | null;
    readonly body_id: BigInteger;
  };
  readonly hidden_message: {
    readonly maildrop_id: BigInteger;
    readonly uid: number;
    readonly octets: BigInteger;
    readonly received_at: Date;
    readonly local_part: string;
    readonly imported_unique_id: string | null;
    readonly hidden_at: Date;
    readonly keep_until: Date;
    readonly session_id: string;
    readonly login: string;
  };
  readonly body: { readonly maildrop_id: BigInteger };
  readonly tombstone: { readonly maildrop_id: BigInteger };
}
