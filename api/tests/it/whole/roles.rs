//! The service under roles of the database: each does what it needs, and nothing else.

mod forbidden;
mod hardened;
mod served;
mod set_up;
