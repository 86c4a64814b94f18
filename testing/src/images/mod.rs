//! Images of memories: random modules with data segments, and what their memories hold after instantiation.
//!
//! ```text
//!   layout    a module as the generator describes it, and its encoding
//!   generate  random layouts, with a preference for the edges of what permits images
//!   model     instantiation by linmem's `init_memory`
//!   run       instantiation by wasmtime, compared with the model
//! ```

mod generate;
mod layout;
mod model;
mod run;

pub use generate::layout;
pub use layout::{Form, Layout, Memory, Segment};
pub use model::Model;
pub use run::{engine, is_instantiable, run};
