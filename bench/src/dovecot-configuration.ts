import type { CertificateFiles } from "./tls-certificate.ts";

/** An account that exists everywhere and owns nothing. */
export const nobody = 65_534;

/** Where an instance has its things. */
export interface DovecotPlaces {
  readonly directory: string;
  /** One folder for each login below it. */
  readonly mail: string;
  readonly certificate: CertificateFiles;
  readonly ports: { readonly pop3: number; readonly pop3s: number; readonly lmtp: number };
}

/**
 * Dovecot as somebody who knows it would tune it for speed: login and session processes are used again, no
 * flags are written, sizes are believed, and what the password check looks up is kept. Maildir, as nearly
 * everybody has it.
 */
export const dovecotConfiguration = (places: DovecotPlaces): string =>
  `${settings(places)}${services(places.ports)}`;

const settings = ({ directory, mail, certificate }: DovecotPlaces): string => `
base_dir = ${directory}/run
state_dir = ${directory}/state
log_path = ${directory}/dovecot.log
protocols = pop3 lmtp
listen = 127.0.0.1
disable_plaintext_auth = no
auth_mechanisms = plain
auth_cache_size = 64M
auth_cache_ttl = 1 hour
ssl = yes
ssl_cert = <${certificate.cert}
ssl_key = <${certificate.key}
mail_location = maildir:~/Maildir
maildir_very_dirty_syncs = yes
maildir_stat_dirs = no
mailbox_list_index = no
mail_fsync = optimized
pop3_no_flag_updates = yes
pop3_fast_size_lookups = yes
stats_writer_socket_path =
first_valid_uid = 1
first_valid_gid = 1
default_client_limit = 9000
passdb {
  driver = passwd-file
  args = username_format=%u ${directory}/users
}
userdb {
  driver = static
  args = uid=${nobody} gid=${nobody} home=${mail}/%n
}
protocol pop3 {
  mail_max_userip_connections = 0
}
namespace inbox {
  inbox = yes
  separator = /
}
`;

/** Processes that are used again, and limits that the load does not reach. */
const services = (ports: DovecotPlaces["ports"]): string => `
service pop3-login {
  service_count = 0
  client_limit = 9000
  process_min_avail = 2
  process_limit = 2
  vsz_limit = 2G
  inet_listener pop3 {
    port = ${ports.pop3}
  }
  inet_listener pop3s {
    port = ${ports.pop3s}
  }
}
service pop3 {
  service_count = 0
  client_limit = 1
  process_min_avail = 4
  process_limit = 9000
  vsz_limit = 4G
}
service lmtp {
  process_limit = 10
  inet_listener lmtp {
    address = 127.0.0.1
    port = ${ports.lmtp}
  }
}
service anvil {
  client_limit = 18000
}
service auth {
  client_limit = 18000
  vsz_limit = 2G
}
`;
