/** Sub-path `@mooring/p4runtime-ts/textproto`. */
export {};
