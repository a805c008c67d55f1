//! What a delivered message shows of its transport.
