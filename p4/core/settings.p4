// What holds for the whole switch: one keyless table whose default action the controller replaces. Its epoch fences
// packet-outs: a controller that has lost its place still holds an open stream, and must not free a pin (rule R11).
#ifndef MOORING_CORE_SETTINGS_P4
#define MOORING_CORE_SETTINGS_P4

#include "metadata.p4"

control Settings(inout metadata_t meta) {
    /// @param epoch packet-outs of an older epoch are ignored
    /// @param tentative_lifetime after this a tentative slot may be taken by another connection, in ticks of 1.024 ms
    /// @param report_interval a confirmed slot that is still in use is reported again after this, in ticks of 1.024 ms
    @name(".set_settings")
    action set_settings(bit<32> epoch, ticks_t tentative_lifetime, ticks_t report_interval) {
        meta.epoch = epoch;
        meta.tentative_lifetime = tentative_lifetime;
        meta.report_interval = report_interval;
    }

    // Until a controller says otherwise: the 63 s a Linux server resends its SYN-ACK for, and 1 s.
    @name(".settings")
    table settings {
        actions = { set_settings; }
        default_action = set_settings(0, 65536, 1024);
        size = 1;
    }

    apply {
        settings.apply();
    }
}

#endif
