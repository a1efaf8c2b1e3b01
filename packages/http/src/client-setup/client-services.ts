/** What clients are told of a provider, beside their domain. */
export interface PublicServices {
  /** What people call the provider; the domain where it is left out. */
  readonly providerName: string | undefined;
  /** Where clients collect mail; `pop.` and the domain where it is left out. */
  readonly popHost: string | undefined;
  /** Port of POP3 with STLS; 0 where it is not offered. */
  readonly pop3Port: number;
  /** Port of POP3 over TLS; 0 where it is not offered. */
  readonly pop3sPort: number;
  /** Where clients hand mail in over TLS; it is not Poplar, and nothing is said where it is left out. */
  readonly submissionHost: string | undefined;
  readonly submissionPort: number;
}

/** A server that a client is to talk to. */
export interface ClientServer {
  readonly host: string;
  readonly port: number;
  readonly tls: "implicit" | "starttls";
}

/** How the clients of one domain are set up. */
export interface ClientSetup {
  readonly domain: string;
  readonly providerName: string;
  /** The one to prefer first (RFC 8314 §3: TLS from the start). */
  readonly pop: readonly ClientServer[];
  readonly submission: ClientServer | undefined;
}

/** Fills in what follows from the domain. */
export function setupOf(services: PublicServices, domain: string): ClientSetup {
  const host = services.popHost ?? `pop.${domain}`;
  const { submissionHost, submissionPort } = services;
  const offers: readonly ClientServer[] = [
    { host, port: services.pop3sPort, tls: "implicit" },
    { host, port: services.pop3Port, tls: "starttls" },
  ];
  return {
    domain,
    providerName: services.providerName ?? domain,
    pop: offers.filter(({ port }) => port !== 0),
    submission:
      submissionHost === undefined
        ? undefined
        : { host: submissionHost, port: submissionPort, tls: "implicit" },
  };
}
