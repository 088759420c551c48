/** Sub-path `@mooring/p4runtime-ts/testing`. */
export {};
