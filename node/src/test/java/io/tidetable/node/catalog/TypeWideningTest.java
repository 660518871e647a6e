package io.tidetable.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TypeWideningTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "bigint|integer|true",
                "integer|bigint|false",
                "integer|smallint|true",
                "double precision|real|true",
                "real|double precision|false",
                "text|character varying(5)|true",
                "text|character varying|true",
                "text|character varying(5)[]|false",
                "text|character(5)|false",
                "text|integer|false",
                "character varying(9)|character varying(5)|true",
                "character varying(5)|character varying(9)|false",
                "character varying|character varying(9)|true",
                "character(9)|character(5)|false",
                "numeric(9,2)|numeric(6,2)|true",
                "numeric(9,4)|numeric(6,2)|true",
                "numeric(6,4)|numeric(6,2)|false",
                "numeric(9,1)|numeric(6,2)|false",
                "numeric|numeric(6,2)|true",
                "numeric(6,2)|numeric|false",
                "numeric(6,2)|numeric(6,2)|true"
            })
    void onlyATypeThatHoldsEveryValueIsWider(String wide, String narrow, boolean expected) {
        assertThat(TypeWidening.holds(wide, narrow)).isEqualTo(expected);
    }
}
