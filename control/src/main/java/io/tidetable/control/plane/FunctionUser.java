package io.tidetable.control.plane;

import io.tidetable.control.document.FunctionDocument;
import io.tidetable.control.store.StoredFunction;
import java.util.List;

/** The data plane, as far as functions are declared to it. */
public interface FunctionUser {
    /** Where nothing is replicated. */
    FunctionUser NONE =
            new FunctionUser() {
                @Override
                public void check(String name, FunctionDocument function) {}

                @Override
                public void use(List<StoredFunction> functions) {}
            };

    /**
     * Finds out whether a function's needs can be known.
     *
     * @throws io.tidetable.model.TidetableException when not
     */
    void check(String name, FunctionDocument function);

    /** From now on these are declared; tables that are carried for functions are told of again. */
    void use(List<StoredFunction> functions);
}
