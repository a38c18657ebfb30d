"""What happened in a process, from what is known of its cases: pure analysis, and its two sources."""
