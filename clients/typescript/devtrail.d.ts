/** Kinds of identities; see the contract of the identity service. */
export type IdentityKind =
  | "IDENTITY_KIND_GIT_EMAIL"
  | "IDENTITY_KIND_GITHUB_ACCOUNT"
  | "IDENTITY_KIND_GITLAB_ACCOUNT"
  | "IDENTITY_KIND_BITBUCKET_ACCOUNT"
  | "IDENTITY_KIND_LOGIN"
  | "IDENTITY_KIND_MACHINE"
  | "IDENTITY_KIND_BROWSER_ANONYMOUS"
  | "IDENTITY_KIND_OIDC_SUBJECT"
  | "IDENTITY_KIND_API_KEY"
  | "IDENTITY_KIND_EXTERNAL";

/** Kinds of tools. */
export type SourceKind =
  | "SOURCE_KIND_BROWSER"
  | "SOURCE_KIND_EDITOR"
  | "SOURCE_KIND_GIT"
  | "SOURCE_KIND_CI"
  | "SOURCE_KIND_AGENT"
  | "SOURCE_KIND_SDK";

/** One thing that somebody did with a tool: the message devtrail.events.v1.Event in JSON. */
export interface Event {
  /** A UUID. The client makes one when it is missing. */
  id?: string;
  /** Past tense after its object, like package.installed. */
  name: string;
  /** RFC 3339. The client takes the present time when it is missing. */
  occurredAt?: string;
  /** How many milliseconds ago it happened, as send is called; it counts instead of occurredAt. */
  ageMs?: number;
  /** occurredAt is from a clock that is right, such as that of a Git server, and is not corrected by the clock of this machine. */
  timeExact?: boolean;
  actor?: { kind: IdentityKind; value: string };
  actorName?: string;
  source: { kind: SourceKind; tool?: string; toolVersion?: string; machine?: string };
  /** The canonical repository, like github.com/acme/web. */
  project?: string;
  /** Package URLs. */
  packages?: string[];
  sessionId?: string;
  /** A JSON object as text; give properties instead to have it written. */
  propertiesJson?: string;
  properties?: Record<string, unknown>;
}

/** What became of an event. */
export interface Result {
  eventId: string;
  status: "CAPTURE_STATUS_STORED" | "CAPTURE_STATUS_DUPLICATE" | "CAPTURE_STATUS_REJECTED" | "CAPTURE_STATUS_RETRY";
  reason?: string;
  field?: string;
  message?: string;
  /** Like "1.500s"; set when the status is RETRY. */
  retryAfter?: string;
}

export interface Options {
  /** The HTTP door of the events service, like https://events.example.org. */
  url: string;
  /** An ingest key (dvi_...): it can send events and nothing else. */
  key: string;
  /** Events of a request at most; 500. At least 1. */
  batchEvents?: number;
  /** Bytes of a request at most, before packing; 60 KiB, since browsers let 64 KiB be in flight while a page closes. Beacons hold no more than that, and an event that does not fit into one is not handed over. */
  batchBytes?: number;
  /** How long an event waits for others, in ms; 1000. */
  lingerMs?: number;
  /** How long a request may take, in ms; 30000. Then it is given up and sent again. */
  timeoutMs?: number;
  /** Events that wait at most; 1000. */
  queueEvents?: number;
  /** The first wait after a failure, in ms; 500. It doubles up to maxBackoffMs, 60000. */
  backoffMs?: number;
  maxBackoffMs?: number;
  /** Told of each event that is refused for good. What a callback throws is reported (reportError, or console.error) and changes nothing. */
  onRejected?: (event: Event, result: Result) => void;
  /** Told of each request that failed, or of which the service keeps events for later, and that will be sent again. For a key that is not accepted no event is dropped: they wait until the queue is full. */
  onError?: (error: Error) => void;
  /** For tests and for hosts with a fetch of their own. */
  fetch?: typeof fetch;
}

export interface Stats {
  queued: number;
  stored: number;
  duplicates: number;
  rejected: number;
  retries: number;
}

/** Sends events in the background. It keeps its queue in memory. */
export class Client {
  constructor(options: Options);
  readonly stats: Stats;
  /** Takes an event; false when the queue is full or the client is closed: the event is not taken then. It throws for an event that is too large. */
  send(event: Event): boolean;
  /** Sends at once, and resolves when each event that was taken so far is settled, or lost by close. */
  flush(): Promise<void>;
  /** Takes no more events and resolves when the rest is settled, or after timeoutMs; then to the number of events that are lost. A request under way is ended then; what it carried counts as lost, though it may have arrived. */
  close(timeoutMs?: number): Promise<number>;
  /** Hands the queue to navigator.sendBeacon, as far as the browser takes it; the number of events handed over. They stay queued: a page that comes back sends them again, and they count once. */
  beacon(): number;
  /** Calls beacon when the page is hidden. The function returned takes that back. It throws in Node, where there is no page; call close there. */
  attach(page?: Pick<EventTarget, "addEventListener" | "removeEventListener">): () => void;
}
