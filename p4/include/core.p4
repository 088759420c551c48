// The P4_16 core library as the language specification defines it (chapter "P4 core library"): the errors and match
// kinds every architecture has, packet input and output, and NoAction. Written from the specification; the names,
// the order of the errors (their numbers follow from it) and the signatures are what programs depend on.
#ifndef _CORE_P4_
#define _CORE_P4_

/// Errors the parser's own operations raise. NoError is the value of an untouched `error` variable.
error {
    /// Nothing went wrong.
    NoError,
    /// The packet ended before the bits that `extract`, `lookahead` or `advance` asked for.
    PacketTooShort,
    /// No case of a `select` fits and it has no default.
    NoMatch,
    /// `next` or `last` reached outside a header stack.
    StackOutOfBounds,
    /// More bits for a varbit field than it can hold.
    HeaderTooShort,
    /// The target gave up on a parser that ran too long.
    ParserTimeout,
    /// An operation of the parser was called with a value it does not take.
    ParserInvalidArgument
}

/// The match kinds every target has.
match_kind {
    /// All bits are equal.
    exact,
    /// The bits selected by a mask are equal.
    ternary,
    /// The longest prefix wins.
    lpm
}

/// The packet a parser reads.
extern packet_in {
    /// Reads a header of fixed size and moves on.
    /// @param T a header type without varbit fields
    void extract<T>(out T hdr);
    /// Reads a header with one varbit field of the given size in bits, and moves on.
    void extract<T>(out T variableSizeHeader, in bit<32> variableFieldSizeInBits);
    /// Reads without moving on.
    T lookahead<T>();
    /// Moves on without reading.
    void advance(in bit<32> sizeInBits);
    /// The packet's length in bytes, where the target knows it.
    bit<32> length();
}

/// The packet a deparser writes.
extern packet_out {
    /// Appends a header if it is valid; a structure, stack or union appends its valid headers in order.
    void emit<T>(in T hdr);
}

/// In a parser: goes to `reject` with the error unless the condition holds.
extern void verify(in bool check, in error toSignal);

/// Checked by the compiler: the condition must be true, or the message is the error's text.
extern bool static_assert(bool check, string message);
/// Checked by the compiler: the condition must be true.
extern bool static_assert(bool check);

/// Changes nothing. The default action of a table that names none.
@noWarn("unused")
action NoAction() {}

#endif
