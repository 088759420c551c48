/**
 * `@mooring/server-agent`: the place of the agent that will run on a backend and list its connections. It has no code yet;
 * docs/LIMITATIONS.md says what works without it.
 */
export {};
