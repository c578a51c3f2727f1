//! A key store that is moved to another master key: nothing that is sealed changes, whatever happens to whoever moves it.

mod kills;
mod moved;
mod services;
